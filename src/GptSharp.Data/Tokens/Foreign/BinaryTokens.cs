using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GptSharp.Files;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Data.Tokens.Foreign;

/// <summary>
/// Token files of other programs, read as they are. nanoGPT's have nothing but tokens of 16 bits. llm.c's begin with 256 numbers of 32
/// bits, of which the first three are a magic number, a version and the number of tokens: 20240520, 1 for GPT-2's tokens of 16 bits;
/// 20240801, 7 for Llama 3's of 32. All numbers are little-endian.
/// </summary>
public sealed class BinaryTokens : ITokenSource, IDisposable
{
    internal const int LlmcHeaderBytes = 1024;
    internal const int LlmcMagic16 = 20240520;
    internal const int LlmcVersion16 = 1;
    internal const int LlmcMagic32 = 20240801;
    internal const int LlmcVersion32 = 7;

    private readonly SafeFileHandle _file;
    private readonly int _headerBytes;
    private readonly int _width;

    private BinaryTokens(string path, SafeFileHandle file, int headerBytes, int width, long count, int vocabularySize)
    {
        (Path, _file, _headerBytes, _width, Count, VocabularySize) = (path, file, headerBytes, width, count, vocabularySize);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether llm.c wrote it; else it is taken for nanoGPT's.</summary>
    public bool IsLlmc => _headerBytes > 0;

    /// <summary>Bytes of a token: 2 or 4.</summary>
    public int TokenBytes => _width;

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <summary>Unknown to such files: empty.</summary>
    public IReadOnlyList<long> DocumentStarts => [];

    /// <summary>Whether a file begins as llm.c's do. nanoGPT's begin with any token.</summary>
    public static bool IsLlmcFile(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[sizeof(int)];
        return stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length
            && BinaryPrimitives.ReadInt32LittleEndian(magic) is LlmcMagic16 or LlmcMagic32;
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabularySize">Tokens must be 0 ... vocabularySize - 1; the file does not say so.</param>
    /// <exception cref="RefusedFileException">It is no such file, truncated, or of a version that is not known.</exception>
    public static BinaryTokens Open(string path, int vocabularySize)
    {
        if (!File.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file.");
        }

        SafeFileHandle file = File.OpenHandle(path);
        try
        {
            long length = RandomAccess.GetLength(file);
            Span<byte> start = stackalloc byte[12];
            int read = RandomAccess.Read(file, start, 0);
            int magic = read == start.Length ? BinaryPrimitives.ReadInt32LittleEndian(start) : 0;
            return magic is LlmcMagic16 or LlmcMagic32
                ? OpenLlmc(path, file, length, start, vocabularySize)
                : OpenNanoGpt(path, file, length, start[..read], vocabularySize);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RefusedFileException">The file was truncated meanwhile, or a token is not of the vocabulary.</exception>
    public void Read(long offset, Span<int> destination)
    {
        if (offset < 0 || offset > Count - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Tokens {offset} to {offset + destination.Length - 1} were asked for, and {Path} has {Count}.");
        }

        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        Span<byte> back = bytes[(bytes.Length - (destination.Length * _width))..];
        for (int filled = 0; filled < back.Length;)
        {
            int read = RandomAccess.Read(_file, back[filled..], _headerBytes + (offset * _width) + filled);
            filled += read > 0 ? read : throw new RefusedFileException(Path, "it was truncated while it was being read.");
        }

        if (_width == sizeof(ushort))
        {
            // Widened from the front: no value is overwritten before it is read.
            ReadOnlySpan<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(back);
            for (int i = 0; i < narrow.Length; i++)
            {
                destination[i] = narrow[i];
            }
        }

        int foreign = destination.IndexOfAnyExceptInRange(0, VocabularySize - 1);
        if (foreign >= 0)
        {
            throw new RefusedFileException(
                Path, $"its token {offset + foreign} is {(uint)destination[foreign]}, but the tokenizer has {VocabularySize} tokens; it was made with another one.");
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static BinaryTokens OpenLlmc(string path, SafeFileHandle file, long length, ReadOnlySpan<byte> start, int vocabularySize)
    {
        int magic = BinaryPrimitives.ReadInt32LittleEndian(start);
        int version = BinaryPrimitives.ReadInt32LittleEndian(start[4..]);
        long count = BinaryPrimitives.ReadInt32LittleEndian(start[8..]);
        (int known, int width) = magic == LlmcMagic16 ? (LlmcVersion16, sizeof(ushort)) : (LlmcVersion32, sizeof(uint));
        if (version != known)
        {
            throw new RefusedFileException(path, $"it is a token file of llm.c with magic number {magic} and version {version}; version {known} can be read.");
        }

        long expected = LlmcHeaderBytes + (count * width);
        return count >= 0 && length == expected
            ? new BinaryTokens(path, file, LlmcHeaderBytes, width, count, vocabularySize)
            : throw new RefusedFileException(path, $"it has {length} bytes, but the {count} tokens that its header speaks of make {expected}; it is truncated or damaged.");
    }

    private static BinaryTokens OpenNanoGpt(string path, SafeFileHandle file, long length, ReadOnlySpan<byte> start, int vocabularySize) =>
        PickleFile.BeginsLikeOne(start)
            ? throw new RefusedFileException(path, "it is a pickle, which can run any program when it is opened, so it is not; write its contents as text, JSON lines or tokens where you trust it.")
            : start.StartsWith("GPTSHTOK"u8)
            ? throw new RefusedFileException(path, "it is a token file of GptSharp, which needs no import.")
            : length == 0 || length % sizeof(ushort) != 0
            ? throw new RefusedFileException(path, $"it has {length} bytes, which is no number of 16-bit tokens, as nanoGPT writes them, and it is no file of llm.c.")
            : new BinaryTokens(path, file, 0, sizeof(ushort), length / sizeof(ushort), vocabularySize);
}
