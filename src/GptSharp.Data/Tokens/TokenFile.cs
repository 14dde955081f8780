using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using GptSharp.Files;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Data.Tokens;

/// <summary>
/// Tokens in a file of any size: opening reads the header and the tables behind the tokens, and each MiB of tokens is compared with its
/// hash when it is first touched. Several threads may read at once.
/// </summary>
/// <remarks>
/// Read with positioned reads rather than through a memory map: when somebody truncates a mapped file, the next look at it ends the process
/// with a signal that nothing can catch, whereas a read that comes up short is an error like any other.
/// </remarks>
public sealed class TokenFile : ITokenSource, IDisposable
{
    private readonly TokenFileHeader _header;
    private readonly long[] _documentStarts;
    private readonly ulong[] _hashes;
    private readonly uint[] _verified;
    private readonly FileStream _stream;
    private readonly SafeFileHandle _handle;

    private TokenFile(string path, FileStream stream)
    {
        Path = path;
        long length = stream.Length;
        Span<byte> start = stackalloc byte[TokenFileHeader.Bytes];
        _header = TokenFileHeader.Read(path, start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)], length);
        _documentStarts = new long[_header.DocumentCount];
        _hashes = new ulong[_header.ChunkCount];
        _verified = new uint[(_hashes.Length + 31) / 32];
        ReadTables(stream);
        (_stream, _handle) = (stream, stream.SafeFileHandle);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public long Count => _header.Count;

    /// <inheritdoc/>
    public int VocabularySize => _header.VocabularySize;

    /// <inheritdoc/>
    public IReadOnlyList<long> DocumentStarts => _documentStarts;

    /// <summary>Opens a file and checks its header and tables.</summary>
    /// <exception cref="RefusedFileException">The file is missing, foreign, truncated or damaged.</exception>
    public static TokenFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file.");
        }

        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            return new TokenFile(path, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RefusedFileException">
    /// A MiB that is touched for the first time does not match its hash, or the file has become shorter since it was opened.
    /// </exception>
    public void Read(long offset, Span<int> destination)
    {
        if (offset < 0 || offset > Count - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Tokens {offset} to {offset + destination.Length - 1} were asked for, and {Path} has {Count}.");
        }

        if (destination.IsEmpty)
        {
            return;
        }

        VerifyChunks(offset, destination.Length);
        long start = TokenFileHeader.Bytes + (offset * _header.Width);
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        if (_header.Width == sizeof(int))
        {
            ReadExactly(bytes, start);
            return;
        }

        // Into the back half, and widened from the front: no value is overwritten before it is read.
        Span<byte> back = bytes[(bytes.Length / 2)..];
        ReadExactly(back, start);
        ReadOnlySpan<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(back);
        for (int i = 0; i < narrow.Length; i++)
        {
            destination[i] = narrow[i];
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private void ReadTables(FileStream stream)
    {
        Span<byte> starts = MemoryMarshal.AsBytes(_documentStarts.AsSpan());
        Span<byte> hashes = MemoryMarshal.AsBytes(_hashes.AsSpan());
        stream.Position = TokenFileHeader.Bytes + _header.DataBytes;
        stream.ReadExactly(starts);
        stream.ReadExactly(hashes);
        var tables = new XxHash3();
        tables.Append(starts);
        tables.Append(hashes);
        if (tables.GetCurrentHashAsUInt64() != _header.TablesHash)
        {
            throw new RefusedFileException(Path, "the tables behind its tokens are damaged; prepare the data set again.");
        }

        for (int document = 0; document < _documentStarts.Length; document++)
        {
            long start = _documentStarts[document];
            if (start >= Count || (document == 0 ? start != 0 : start <= _documentStarts[document - 1]))
            {
                throw new RefusedFileException(Path, $"its document {document} starts at token {start}, which cannot be.");
            }
        }
    }

    private void ReadExactly(Span<byte> destination, long position)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
            {
                throw new RefusedFileException(
                    Path, $"it was truncated to {RandomAccess.GetLength(_handle)} bytes while it was being read; prepare the data set again.");
            }

            destination = destination[read..];
            position += read;
        }
    }

    private void VerifyChunks(long offset, int count)
    {
        int first = (int)(offset * _header.Width / TokenFileHeader.ChunkBytes);
        int last = (int)((((offset + count) * _header.Width) - 1) / TokenFileHeader.ChunkBytes);
        for (int chunk = first; chunk <= last; chunk++)
        {
            uint bit = 1u << (chunk % 32);
            ref uint verified = ref _verified[chunk / 32];
            if ((Volatile.Read(ref verified) & bit) == 0)
            {
                // Two threads may do this at once; both come to the same result.
                Verify(chunk);
                Interlocked.Or(ref verified, bit);
            }
        }
    }

    private void Verify(int chunk)
    {
        long start = (long)chunk * TokenFileHeader.ChunkBytes;
        int length = (int)Math.Min(TokenFileHeader.ChunkBytes, _header.DataBytes - start);
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = rented.AsSpan(0, length);
            ReadExactly(bytes, TokenFileHeader.Bytes + start);
            Verify(chunk, start, bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Verify(int chunk, long start, ReadOnlySpan<byte> bytes)
    {
        if (XxHash3.HashToUInt64(bytes) != _hashes[chunk])
        {
            long firstByte = TokenFileHeader.Bytes + start;
            throw new RefusedFileException(
                Path,
                $"MiB {chunk + 1} of the {_hashes.Length} of its tokens (bytes {firstByte} to {firstByte + bytes.Length - 1}) does not match its hash, so the file is damaged; prepare the data set again.");
        }

        // A sound hash says that the file is as it was written, not that its writer kept to the vocabulary.
        int last = VocabularySize - 1;
        int foreign = _header.Width == sizeof(ushort)
            ? MemoryMarshal.Cast<byte, ushort>(bytes).IndexOfAnyExceptInRange((ushort)0, (ushort)last)
            : MemoryMarshal.Cast<byte, int>(bytes).IndexOfAnyExceptInRange(0, last);
        if (foreign >= 0)
        {
            long token = (start / _header.Width) + foreign;
            uint value = _header.Width == sizeof(ushort)
                ? MemoryMarshal.Cast<byte, ushort>(bytes)[foreign]
                : MemoryMarshal.Cast<byte, uint>(bytes)[foreign];
            throw new RefusedFileException(Path, $"its token {token} is {value}, but its vocabulary has {VocabularySize} tokens.");
        }
    }
}
