using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokens;
using GptSharp.Files;

namespace GptSharp.Cli.Inspection;

/// <summary>A token file as a file with the one tensor <c>tokens</c>.</summary>
/// <param name="tokens">The file, which is closed with this.</param>
internal sealed class TokenFileTensor(TokenFile tokens) : ITensorFile
{
    private const int PieceTokens = 1 << 18;

    // Up to this many different tokens, the file stores 16 bits each.
    private const int NarrowVocabulary = 1 << 16;

    public string Path => tokens.Path;

    public string Format => "tokens";

    public JsonObject Metadata => new()
    {
        ["vocabulary"] = tokens.VocabularySize,
        ["tokens"] = tokens.Count,
        ["documents"] = tokens.DocumentStarts.Count,
    };

    public IReadOnlyList<TensorInfo> Tensors => [new("tokens", IsNarrow ? "U16" : "U32", [tokens.Count])];

    private bool IsNarrow => tokens.VocabularySize <= NarrowVocabulary;

    /// <summary>Whether a file begins as token files do.</summary>
    public static bool IsOne(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[8];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("GPTSHTOK"u8);
    }

    public void ReadComparable(TensorInfo tensor, Action<ReadOnlySpan<byte>> receive)
    {
        var piece = new int[(int)Math.Min(PieceTokens, tokens.Count)];
        for (long start = 0; start < tokens.Count; start += piece.Length)
        {
            Span<int> part = piece.AsSpan(0, (int)Math.Min(piece.Length, tokens.Count - start));
            tokens.Read(start, part);
            if (IsNarrow)
            {
                receive(MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(part.ToArray(), token => (ushort)token)));
            }
            else
            {
                receive(MemoryMarshal.AsBytes(part));
            }
        }
    }

    public void Dispose() => tokens.Dispose();
}
