using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files.Gguf;

/// <summary>
/// Reads a GGUF file's header from its start on. Nothing is allocated before the file has been seen to hold it, and every refusal says at
/// which byte.
/// </summary>
internal sealed class GgufReader
{
    private const int LengthBytes = 8;

    // As in llama.cpp: a longer text or array is an attack or an accident.
    private const long LargestValue = 1 << 30;

    private static readonly UTF8Encoding StrictText = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[1 << 14];
    private long _bufferStart;
    private int _bufferLength;

    public GgufReader(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; }

    /// <summary>The next byte to be read.</summary>
    public long Position { get; private set; }

    public uint ReadUInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Fixed(sizeof(uint), what));

    public ulong ReadUInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Fixed(sizeof(ulong), what));

    /// <summary>A text of at most <paramref name="limit"/> bytes with its length in front.</summary>
    public string ReadText(string what, int limit)
    {
        long start = Position;
        ulong length = ReadUInt64(what);
        if (length > (ulong)limit)
        {
            throw Refused($"{what} is {length} bytes long; at most {limit} are allowed", start);
        }

        byte[] bytes = ReadBytes((long)length, what);
        string text;
        try
        {
            text = StrictText.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Refused($"{what} is not UTF-8", start);
        }

        return text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal) ? text : throw Refused($"{what} is empty or has a zero byte in it", start);
    }

    /// <summary>The bytes of a number of texts, lengths included.</summary>
    public byte[] ReadTexts(ulong count, string what)
    {
        long start = Position;
        if (count > (ulong)(Length - Position) / LengthBytes)
        {
            throw Truncated($"{what} of {count} texts");
        }

        for (ulong i = 0; i < count; i++)
        {
            ulong length = ReadUInt64(what);
            if (length > (ulong)(Length - Position))
            {
                throw Truncated($"{what}: text {i} of {length} bytes");
            }

            Position += (long)length;
            CheckLength(Position - start, what, start);
        }

        long bytes = Position - start;
        Position = start;
        return ReadBytes(bytes, what);
    }

    /// <summary>The bytes of a number of values of fixed size.</summary>
    public byte[] ReadMany(ulong count, int size, string what) => count <= (ulong)((Length - Position) / size)
        ? ReadBytes((long)count * size, what)
        : throw Truncated($"{what} of {count} values of {size} bytes each");

    /// <summary>Refuses the file.</summary>
    /// <param name="problem">What is wrong.</param>
    /// <param name="position">Where.</param>
    public RefusedFileException Refused(string problem, long position) => new(Path, $"{problem} (at byte {position} of {Length}).");

    private byte[] ReadBytes(long count, string what)
    {
        if (count > Length - Position)
        {
            throw Truncated($"{what} of {count} bytes");
        }

        CheckLength(count, what, Position);
        var bytes = new byte[count];
        for (int filled = 0; filled < bytes.Length;)
        {
            ReadOnlySpan<byte> available = Available();
            int taken = Math.Min(available.Length, bytes.Length - filled);
            available[..taken].CopyTo(bytes.AsSpan(filled));
            filled += taken;
            Position += taken;
        }

        return bytes;
    }

    private void CheckLength(long count, string what, long position)
    {
        if (count > LargestValue)
        {
            throw Refused($"{what} has more than {LargestValue} bytes, which have no place in a model's metadata", position);
        }
    }

    private byte[] Fixed(int size, string what) => ReadBytes(size, what);

    // What is buffered from the position on; at least one byte, for the caller has checked that the file has it.
    private ReadOnlySpan<byte> Available()
    {
        if (Position < _bufferStart || Position >= _bufferStart + _bufferLength)
        {
            _bufferStart = Position;
            _bufferLength = RandomAccess.Read(_handle, _buffer, Position);
            if (_bufferLength == 0)
            {
                throw new RefusedFileException(Path, "it became shorter while it was read.");
            }
        }

        return _buffer.AsSpan((int)(Position - _bufferStart), _bufferLength - (int)(Position - _bufferStart));
    }

    private RefusedFileException Truncated(string what) => Refused($"it is truncated or damaged: {what} goes beyond its end", Position);
}
