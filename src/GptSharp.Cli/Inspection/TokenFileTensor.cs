using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokens;
using GptSharp.Data.Tokens.Foreign;
using GptSharp.Files;

namespace GptSharp.Cli.Inspection;

/// <summary>A file of tokens as a file with one tensor.</summary>
/// <param name="path">The file.</param>
/// <param name="format">Whose format it is.</param>
/// <param name="name">The tensor's name.</param>
/// <param name="isNarrow">Whether 16 bits are stored for a token, or else 32.</param>
/// <param name="tokens">The opened file, which is closed with this.</param>
internal sealed class TokenFileTensor(string path, string format, string name, bool isNarrow, ITokenSource tokens) : ITensorFile
{
    private const int PieceTokens = 1 << 18;

    // Up to this many different tokens, the file stores 16 bits each.
    private const int NarrowVocabulary = 1 << 16;

    // What tokens may be where a file does not say so.
    private const int AnyVocabulary = int.MaxValue;

    public string Path => path;

    public string Format => format;

    public long Count => tokens.Count;

    public JsonObject Metadata => tokens is TokenFile
        ? new() { ["vocabulary"] = tokens.VocabularySize, ["tokens"] = tokens.Count, ["documents"] = tokens.DocumentStarts.Count }
        : new() { ["tokens"] = tokens.Count };

    public IReadOnlyList<TensorInfo> Tensors => [new(name, isNarrow ? "U16" : "U32", [tokens.Count])];

    /// <summary>Opens a token file of this program.</summary>
    public static TokenFileTensor Open(string path, string name)
    {
        TokenFile tokens = TokenFile.Open(path);
        return new TokenFileTensor(path, "tokens", name, tokens.VocabularySize <= NarrowVocabulary, tokens);
    }

    /// <summary>Opens a token file of llm.c, or of nanoGPT.</summary>
    public static TokenFileTensor OpenForeign(string path, string name)
    {
        BinaryTokens tokens = BinaryTokens.Open(path, AnyVocabulary);
        return new TokenFileTensor(path, tokens.IsLlmc ? "llmc" : "nanogpt", name, tokens.TokenBytes == sizeof(ushort), tokens);
    }

    /// <summary>
    /// Whether a file is one of llm.c, by its first bytes, or one of nanoGPT, which is so only by its name: any bytes are tokens.
    /// </summary>
    public static bool IsForeign(string path) => BinaryTokens.IsLlmcFile(path)
        || (path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) && !TensorFiles.BeginsLikeOne(path) && !PickleFile.IsOne(path));

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
            if (isNarrow)
            {
                receive(MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(part.ToArray(), token => (ushort)token)));
            }
            else
            {
                receive(MemoryMarshal.AsBytes(part));
            }
        }
    }

    public void Dispose() => (tokens as IDisposable)?.Dispose();
}
