using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GptSharp.Files;

namespace GptSharp.Data.Tokens.Foreign;

/// <summary>Writes tokens as nanoGPT and llm.c read them; see <see cref="BinaryTokens"/>.</summary>
internal static class BinaryTokenWriter
{
    private const int Piece = 1 << 18;

    /// <summary>Writes consecutive tokens to a file, which appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The tokens.</param>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="isLlmc">Whether it gets llm.c's header, and 32 bits a token where 16 do not suffice.</param>
    public static void Write(string path, ITokenSource source, long start, long count, bool isLlmc) => AtomicFile.Write(path, stream =>
    {
        bool isWide = source.VocabularySize > 1 << 16;
        if (isLlmc)
        {
            Span<byte> header = stackalloc byte[BinaryTokens.LlmcHeaderBytes];
            header.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(header, isWide ? BinaryTokens.LlmcMagic32 : BinaryTokens.LlmcMagic16);
            BinaryPrimitives.WriteInt32LittleEndian(header[4..], isWide ? BinaryTokens.LlmcVersion32 : BinaryTokens.LlmcVersion16);
            BinaryPrimitives.WriteInt32LittleEndian(header[8..], checked((int)count));
            stream.Write(header);
        }

        var tokens = new int[Piece];
        var narrow = new ushort[Piece];
        for (long done = 0; done < count; done += Piece)
        {
            Span<int> piece = tokens.AsSpan(0, (int)Math.Min(Piece, count - done));
            source.Read(start + done, piece);
            if (isWide)
            {
                stream.Write(MemoryMarshal.AsBytes(piece));
                continue;
            }

            for (int i = 0; i < piece.Length; i++)
            {
                narrow[i] = (ushort)piece[i];
            }

            stream.Write(MemoryMarshal.AsBytes(narrow.AsSpan(0, piece.Length)));
        }
    });
}
