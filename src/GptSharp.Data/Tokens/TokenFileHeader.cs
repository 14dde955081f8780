using System.Buffers.Binary;
using System.IO.Hashing;
using GptSharp.Files;

namespace GptSharp.Data.Tokens;

/// <summary>
/// The first bytes of a token file. All numbers are little-endian; hashes are XxHash3 of 64 bits with seed 0.
/// <code>
/// byte 0   "GPTSHTOK"
///      8   i32  version, 1
///     12   i32  bytes per token: 2 up to 65536 different tokens, else 4
///     16   i64  vocabulary size
///     24   i64  number of tokens, n
///     32   i64  number of document starts, d; 0 when the file does not know them
///     40   u64  hash of the two tables behind the tokens
///     48   u64  hash of bytes 0 ... 47
///     56   the n tokens
///      …   d × i64: the token at which each document starts, ascending, the first 0
///      …   one u64 for each MiB of token bytes, and for the rest: its hash
/// </code>
/// </summary>
/// <param name="Width">Bytes per token.</param>
/// <param name="VocabularySize">Tokens are 0 ... VocabularySize - 1.</param>
/// <param name="Count">Number of tokens.</param>
/// <param name="DocumentCount">Number of document starts.</param>
/// <param name="TablesHash">Hash of document starts and hashes.</param>
internal readonly record struct TokenFileHeader(int Width, int VocabularySize, long Count, long DocumentCount, ulong TablesHash)
{
    /// <summary>Bytes of the header; the tokens follow.</summary>
    public const int Bytes = 56;

    /// <summary>Bytes of tokens that share a hash.</summary>
    public const int ChunkBytes = 1 << 20;

    private const int Version = 1;
    private const int HashedBytes = 48;

    private static ReadOnlySpan<byte> Magic => "GPTSHTOK"u8;

    /// <summary>Bytes of all tokens.</summary>
    public long DataBytes => Count * Width;

    /// <summary>Hashes that the file holds.</summary>
    public long ChunkCount => (DataBytes + ChunkBytes - 1) / ChunkBytes;

    /// <summary>Bytes of the tables behind the tokens.</summary>
    public long TableBytes => (DocumentCount + ChunkCount) * sizeof(long);

    /// <summary>Bytes of the whole file.</summary>
    public long FileBytes => Bytes + DataBytes + TableBytes;

    /// <summary>Bytes per token that a vocabulary needs.</summary>
    public static int WidthFor(int vocabularySize) => vocabularySize <= 1 << 16 ? sizeof(ushort) : sizeof(uint);

    /// <summary>Writes the header.</summary>
    /// <param name="destination"><see cref="Bytes"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], Width);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], VocabularySize);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], DocumentCount);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[40..], TablesHash);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[HashedBytes..], XxHash3.HashToUInt64(destination[..HashedBytes]));
    }

    /// <summary>Reads and checks a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="source">The file's first bytes, at most <see cref="Bytes"/>.</param>
    /// <param name="fileBytes">Length of the file.</param>
    /// <exception cref="RefusedFileException">It is no token file, damaged, or shorter or longer than its header says.</exception>
    public static TokenFileHeader Read(string path, ReadOnlySpan<byte> source, long fileBytes)
    {
        if (source.Length < Magic.Length || !source.StartsWith(Magic))
        {
            throw new RefusedFileException(path, "it is no token file of GptSharp; 'gptsharp data prepare' makes them from text.");
        }

        if (source.Length < Bytes)
        {
            throw new RefusedFileException(path, $"it is truncated: it has {source.Length} bytes, and its header alone needs {Bytes}.");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(source[HashedBytes..]) != XxHash3.HashToUInt64(source[..HashedBytes]))
        {
            throw new RefusedFileException(path, "its header is damaged; prepare the data set again.");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        if (version != Version)
        {
            throw new RefusedFileException(path, $"it is a token file of version {version}, and this GptSharp reads version {Version}.");
        }

        int width = BinaryPrimitives.ReadInt32LittleEndian(source[12..]);
        long vocabulary = BinaryPrimitives.ReadInt64LittleEndian(source[16..]);
        long count = BinaryPrimitives.ReadInt64LittleEndian(source[24..]);
        long documents = BinaryPrimitives.ReadInt64LittleEndian(source[32..]);
        if (vocabulary is < 1 or > int.MaxValue || width != WidthFor((int)vocabulary)
            || count < 0 || count > long.MaxValue / 16 || documents < 0 || documents > count)
        {
            throw new RefusedFileException(
                path, $"its header makes no sense: {count} tokens of {width} bytes, vocabulary {vocabulary}, {documents} documents.");
        }

        var header = new TokenFileHeader(width, (int)vocabulary, count, documents, BinaryPrimitives.ReadUInt64LittleEndian(source[40..]));
        return header.FileBytes == fileBytes
            ? header
            : throw new RefusedFileException(
                path,
                $"it is {(fileBytes < header.FileBytes ? "truncated" : "longer than it should be")}: it has {fileBytes} bytes, and its {count} tokens and their tables make {header.FileBytes}.");
    }
}
