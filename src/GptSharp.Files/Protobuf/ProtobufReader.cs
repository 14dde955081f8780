using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files.Protobuf;

/// <summary>
/// Reads messages of Protocol Buffers from a file, field by field, without ever holding more of it than a text that is asked for: what is not
/// wanted is skipped, not read. Every length is checked against the message around it, and every refusal says at which byte.
/// The encoding: https://protobuf.dev/programming-guides/encoding/.
/// </summary>
internal sealed class ProtobufReader
{
    /// <summary>The most bytes that are handed over at once.</summary>
    public const int PieceBytes = 1 << 14;

    private static readonly UTF8Encoding StrictText = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[PieceBytes];
    private long _bufferStart;
    private int _bufferLength;

    /// <summary>Begins at the start of a file.</summary>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="handle">The open file.</param>
    public ProtobufReader(string path, SafeFileHandle handle)
    {
        (Path, _handle) = (path, handle);
        Length = RandomAccess.GetLength(handle);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>The next byte to be read.</summary>
    public long Position { get; set; }

    /// <summary>What is being read, for messages.</summary>
    public string Place { get; set; } = "the file";

    /// <summary>Reads the number and type of a message's next field.</summary>
    /// <param name="end">Where the message ends.</param>
    /// <param name="field">The field's number.</param>
    /// <param name="type">How its value is laid out.</param>
    /// <returns>Whether there is one more.</returns>
    public bool NextField(long end, out int field, out ProtobufWireType type)
    {
        (field, type) = (0, default);
        if (Position == end)
        {
            return false;
        }

        long start = Position;
        ulong tag = ReadVarint(end);
        (field, type) = ((int)(tag >> 3), (ProtobufWireType)(tag & 7));
        return tag <= uint.MaxValue && field > 0 && Enum.IsDefined(type) ? true : throw Refused("no field of a message begins here", start);
    }

    /// <summary>The value of a whole number.</summary>
    public long ReadInteger(long end, ProtobufWireType type)
    {
        Require(type, ProtobufWireType.Varint, "a whole number");
        return (long)ReadVarint(end);
    }

    /// <summary>A whole number, without its field.</summary>
    public ulong ReadVarint(long end)
    {
        long start = Position;
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte(end);
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                // The tenth byte has a single bit left.
                return shift < 63 || next < 2 ? value : throw Refused("a number has more than 64 bits", start);
            }
        }

        throw Refused("a number has more than 64 bits", start);
    }

    /// <summary>Four bytes, as the number that they are in little-endian order.</summary>
    public uint ReadFixed32(long end)
    {
        Span<byte> bytes = stackalloc byte[4];
        ReadBytes(bytes, end);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Eight bytes, as the number that they are in little-endian order.</summary>
    public ulong ReadFixed64(long end)
    {
        Span<byte> bytes = stackalloc byte[8];
        ReadBytes(bytes, end);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Reads the length of bytes or of a message.</summary>
    /// <returns>Where they end.</returns>
    public long ReadEnd(long end, ProtobufWireType type)
    {
        Require(type, ProtobufWireType.Length, "bytes with a length");
        long start = Position;
        ulong length = ReadVarint(end);
        return length <= (ulong)(end - Position) ? Position + (long)length : throw Refused(
            $"a length of {length} bytes goes beyond the {end - Position} that are left", start);
    }

    /// <summary>A text.</summary>
    /// <param name="end">Where the message ends.</param>
    /// <param name="type">How the field is laid out.</param>
    /// <param name="limit">The most bytes.</param>
    public string ReadText(long end, ProtobufWireType type, int limit)
    {
        long start = Position;
        long textEnd = ReadEnd(end, type);
        if (textEnd - Position > limit)
        {
            throw Refused($"a text is {textEnd - Position} bytes long; at most {limit} are read", start);
        }

        var bytes = new byte[textEnd - Position];
        ReadBytes(bytes, textEnd);
        try
        {
            return StrictText.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Refused("a text is not UTF-8", start);
        }
    }

    /// <summary>Hands over all bytes up to a place, piece by piece; all pieces but the last have <see cref="PieceBytes"/>.</summary>
    public void Read(long end, Action<ReadOnlySpan<byte>> receive)
    {
        while (Position < end)
        {
            Fill();
            int count = (int)Math.Min(_bufferLength, end - Position);
            receive(_buffer.AsSpan(0, count));
            Position += count;
        }
    }

    /// <summary>Passes over a field's value.</summary>
    public void Skip(long end, ProtobufWireType type)
    {
        switch (type)
        {
            case ProtobufWireType.Varint:
                ReadVarint(end);
                break;
            case ProtobufWireType.Length:
                Position = ReadEnd(end, type);
                break;
            default:
                int size = type == ProtobufWireType.Fixed32 ? 4 : 8;
                Position = end - Position >= size ? Position + size : throw Truncated(end);
                break;
        }
    }

    /// <summary>The refusal of what stands at a byte.</summary>
    public RefusedFileException Refused(string problem, long at) => new(Path, $"{Place} cannot be read: at byte {at}, {problem}.");

    private void Require(ProtobufWireType type, ProtobufWireType expected, string what)
    {
        if (type != expected)
        {
            throw Refused($"{what} should stand", Position);
        }
    }

    private byte ReadByte(long end)
    {
        if (Position >= end)
        {
            throw Truncated(end);
        }

        if (Position < _bufferStart || Position >= _bufferStart + _bufferLength)
        {
            Fill();
        }

        return _buffer[Position++ - _bufferStart];
    }

    private void ReadBytes(Span<byte> bytes, long end)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = ReadByte(end);
        }
    }

    private void Fill()
    {
        _bufferStart = Position;
        _bufferLength = 0;
        int read;
        do
        {
            read = RandomAccess.Read(_handle, _buffer.AsSpan(_bufferLength), Position + _bufferLength);
            _bufferLength += read;
        }
        while (read > 0 && _bufferLength < _buffer.Length);

        // The file became shorter since it was opened.
        if (_bufferLength == 0)
        {
            throw Truncated(Length);
        }
    }

    private RefusedFileException Truncated(long end) => Refused("it ends too early", end);
}
