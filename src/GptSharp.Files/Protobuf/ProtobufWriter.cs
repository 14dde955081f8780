using System.Buffers.Binary;
using System.Text;

namespace GptSharp.Files.Protobuf;

/// <summary>
/// Writes the fields of one Protocol Buffers message to a stream. Messages within it are made first, as bytes; only what is too large for
/// that is announced by its length and then written to the stream itself.
/// The encoding: https://protobuf.dev/programming-guides/encoding/.
/// </summary>
internal sealed class ProtobufWriter(Stream stream)
{
    /// <summary>The bytes of a message.</summary>
    public static byte[] Message(Action<ProtobufWriter> write)
    {
        using var bytes = new MemoryStream();
        write(new ProtobufWriter(bytes));
        return bytes.ToArray();
    }

    /// <summary>Bytes of a field that <see cref="BeginBytes"/> announces, the bytes that follow included.</summary>
    public static long SizeOfBytes(int field, long length) => SizeOfVarint(Tag(field, ProtobufWireType.Length)) + SizeOfVarint((ulong)length) + length;

    /// <summary>A whole number.</summary>
    public void Write(int field, long value)
    {
        WriteVarint(Tag(field, ProtobufWireType.Varint));
        WriteVarint((ulong)value);
    }

    /// <summary>A float32.</summary>
    public void Write(int field, float value)
    {
        WriteVarint(Tag(field, ProtobufWireType.Fixed32));
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        stream.Write(bytes);
    }

    /// <summary>A text.</summary>
    public void Write(int field, string value) => Write(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Bytes, or a message.</summary>
    public void Write(int field, ReadOnlySpan<byte> value)
    {
        BeginBytes(field, value.Length);
        stream.Write(value);
    }

    /// <summary>A message.</summary>
    public void Write(int field, Action<ProtobufWriter> write) => Write(field, Message(write));

    /// <summary>Announces bytes or a message that whoever calls writes to the stream next.</summary>
    public void BeginBytes(int field, long length)
    {
        WriteVarint(Tag(field, ProtobufWireType.Length));
        WriteVarint((ulong)length);
    }

    private static ulong Tag(int field, ProtobufWireType type) => ((ulong)field << 3) | (uint)type;

    private static int SizeOfVarint(ulong value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7)
        {
            size++;
        }

        return size;
    }

    private void WriteVarint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }

        bytes[count++] = (byte)value;
        stream.Write(bytes[..count]);
    }
}
