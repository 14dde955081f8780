using System.Buffers.Binary;
using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Onnx;

/// <summary>
/// The values of a tensor as numbers of its message, the other way to store them than as bytes: one field each for float32, for what fits
/// into 32 bits, for texts, 64-bit integers, float64 and unsigned integers.
/// </summary>
internal static class OnnxNumbers
{
    /// <summary>The field of a TensorProto that has the numbers of a type.</summary>
    public static int FieldOf(OnnxType type) => type switch
    {
        OnnxType.FLOAT or OnnxType.COMPLEX64 => 4,
        OnnxType.STRING => 6,
        OnnxType.INT64 => 7,
        OnnxType.DOUBLE or OnnxType.COMPLEX128 => 10,
        OnnxType.UINT32 or OnnxType.UINT64 => 11,
        _ => 5,
    };

    /// <summary>How many numbers a tensor has: two for a complex element, one for the elements that share a byte.</summary>
    /// <param name="type">The type.</param>
    /// <param name="count">Number of elements.</param>
    public static long Needed(OnnxType type, long count) => type switch
    {
        OnnxType.COMPLEX64 or OnnxType.COMPLEX128 => 2 * count,
        OnnxType.UINT4 or OnnxType.INT4 or OnnxType.FLOAT4E2M1 or OnnxType.UINT2 or OnnxType.INT2 => type.ByteLength(count),
        _ => count,
    };

    /// <summary>Passes over one occurrence of such a field, which may hold one number or many, and counts them.</summary>
    public static long Count(ProtobufReader reader, long end, int field, ProtobufWireType wire)
    {
        ProtobufWireType single = WireOf(field);
        if (wire != ProtobufWireType.Length || single == ProtobufWireType.Length)
        {
            if (wire != single)
            {
                throw reader.Refused("a number of another type should stand", reader.Position);
            }

            reader.Skip(end, wire);
            return 1;
        }

        long start = reader.Position;
        long packedEnd = reader.ReadEnd(end, wire);
        long count = 0;
        if (single == ProtobufWireType.Varint)
        {
            for (; reader.Position < packedEnd; count++)
            {
                reader.ReadVarint(packedEnd);
            }

            return count;
        }

        int size = single == ProtobufWireType.Fixed32 ? 4 : 8;
        count = Math.DivRem(packedEnd - reader.Position, size, out long rest);
        reader.Position = packedEnd;
        return rest == 0 ? count : throw reader.Refused($"packed numbers of {size} bytes have {rest} too many", start);
    }

    /// <summary>Hands over a tensor's numbers as the bytes that they stand for, piece by piece.</summary>
    public static void Read(ProtobufReader reader, OnnxTensorSource tensor, Action<ReadOnlySpan<byte>> receive)
    {
        reader.Position = tensor.MessageStart;
        reader.Place = $"tensor '{tensor.Name}'";
        int wanted = FieldOf(tensor.Type);
        var pieces = new Pieces(BitsOf(tensor.Type) / 8, receive);
        while (reader.NextField(tensor.MessageEnd, out int field, out ProtobufWireType wire))
        {
            if (field != wanted)
            {
                reader.Skip(tensor.MessageEnd, wire);
            }
            else if (tensor.Type == OnnxType.STRING)
            {
                reader.Read(reader.ReadEnd(tensor.MessageEnd, wire), receive);
            }
            else if (wire != ProtobufWireType.Length)
            {
                pieces.Add(Number(reader, tensor.MessageEnd, tensor.Type, wire));
            }
            else
            {
                long end = reader.ReadEnd(tensor.MessageEnd, wire);
                while (reader.Position < end)
                {
                    pieces.Add(Number(reader, end, tensor.Type, WireOf(wanted)));
                }
            }
        }

        pieces.Flush();
    }

    private static ulong Number(ProtobufReader reader, long end, OnnxType type, ProtobufWireType wire)
    {
        long start = reader.Position;
        ulong number = wire switch
        {
            ProtobufWireType.Fixed32 => reader.ReadFixed32(end),
            ProtobufWireType.Fixed64 => reader.ReadFixed64(end),
            _ => reader.ReadVarint(end),
        };
        int bits = BitsOf(type);
        if (bits == 64)
        {
            return number;
        }

        // Signed elements that share a byte may be written as an unsigned one.
        bool isSigned = type is OnnxType.INT8 or OnnxType.INT16 or OnnxType.INT32 or OnnxType.INT4 or OnnxType.INT2;
        long lowest = isSigned ? -(1L << (bits - 1)) : 0;
        long highest = type == OnnxType.BOOL ? 1 : isSigned && type.Bits() >= 8 ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
        return (long)number >= lowest && (long)number <= highest
            ? number
            : throw reader.Refused($"the number {(long)number} does not fit into an element of type {type}", start);
    }

    // Of one number: half of a complex element, the whole byte of elements that share one.
    private static int BitsOf(OnnxType type) =>
        type is OnnxType.COMPLEX64 or OnnxType.COMPLEX128 ? type.Bits() / 2 : Math.Max(8, type.Bits());

    private static ProtobufWireType WireOf(int field) => field switch
    {
        4 => ProtobufWireType.Fixed32,
        6 => ProtobufWireType.Length,
        10 => ProtobufWireType.Fixed64,
        _ => ProtobufWireType.Varint,
    };

    /// <summary>Collects numbers of one size and hands them over many at a time.</summary>
    private sealed class Pieces(int size, Action<ReadOnlySpan<byte>> receive)
    {
        private readonly byte[] _bytes = new byte[ProtobufReader.PieceBytes + sizeof(ulong)];
        private int _length;

        public void Add(ulong number)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(_length), number);
            _length += size;
            if (_length >= ProtobufReader.PieceBytes)
            {
                Flush();
            }
        }

        public void Flush()
        {
            if (_length > 0)
            {
                receive(_bytes.AsSpan(0, _length));
                _length = 0;
            }
        }
    }
}
