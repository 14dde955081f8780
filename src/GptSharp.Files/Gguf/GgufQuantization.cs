using System.Buffers.Binary;

namespace GptSharp.Files.Gguf;

/// <summary>
/// Rows of float32 as the element types that ggml stores, and back. The rounding is that of ggml's reference quantizers, to the bit:
/// <list type="bullet">
/// <item>F16, BF16: the nearest number, ties to even.</item>
/// <item>Q8_0, blocks of 32: d = max |x| / 127; q = x (1 / d), rounded half away from zero; d is then stored as F16.</item>
/// <item>Q4_0, blocks of 32: d = m / -8, where m is the value of largest magnitude with its sign, the first of several; q = min(15,
/// trunc(x (1 / d) + 8.5)); d is then stored as F16. The lower four bits of byte i are element i, the upper four element 16 + i.</item>
/// </list>
/// Dequantization is d q, or d (q - 8) for Q4_0: one product of float32.
/// </summary>
public static class GgufQuantization
{
    /// <summary>Elements of a block of Q8_0 and of Q4_0.</summary>
    public const int BlockElements = 32;

    private const int ScaleBytes = 2;

    /// <summary>Turns values into a type's bytes.</summary>
    /// <param name="type">F32, F16, BF16, Q8_0 or Q4_0.</param>
    /// <param name="values">Whole blocks.</param>
    /// <param name="bytes">Receives exactly the bytes.</param>
    /// <exception cref="OverflowException">
    /// A finite value, or the scale of a block, is too large for F16; or a block holds a value that is not finite.
    /// </exception>
    public static void Quantize(GgufTensorType type, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        switch (type)
        {
            case GgufTensorType.F32:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], values[i]);
                }

                break;
            case GgufTensorType.F16:
                for (int i = 0; i < values.Length; i++)
                {
                    WriteHalf(bytes[(2 * i)..], values[i]);
                }

                break;
            case GgufTensorType.BF16:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], UpperHalf(values[i]));
                }

                break;
            case GgufTensorType.Q8_0:
            case GgufTensorType.Q4_0:
                int blockBytes = type.Block().Bytes;
                for (int block = 0; block < values.Length / BlockElements; block++)
                {
                    ReadOnlySpan<float> from = values.Slice(block * BlockElements, BlockElements);
                    Span<byte> to = bytes.Slice(block * blockBytes, blockBytes);
                    if (type == GgufTensorType.Q8_0)
                    {
                        QuantizeEight(from, to);
                    }
                    else
                    {
                        QuantizeFour(from, to);
                    }
                }

                break;
            default:
                throw new NotSupportedException($"Writing the type {type} is not supported.");
        }
    }

    /// <summary>Turns a type's bytes into values; F64 is rounded, every other type is exact.</summary>
    /// <param name="type">A type that <see cref="GgufTensorTypeExtensions.IsReadable"/> says yes to.</param>
    /// <param name="bytes">Whole blocks.</param>
    /// <param name="values">Receives every element.</param>
    public static void Dequantize(GgufTensorType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        int blockBytes = type.Block().Bytes;
        switch (type)
        {
            case GgufTensorType.F32:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                }

                break;
            case GgufTensorType.F64:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                }

                break;
            case GgufTensorType.F16:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
                }

                break;
            case GgufTensorType.BF16:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                }

                break;
            case GgufTensorType.Q8_0:
                for (int i = 0; i < values.Length; i++)
                {
                    ReadOnlySpan<byte> block = bytes.Slice(i / BlockElements * blockBytes, blockBytes);
                    float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
                    values[i] = scale * (sbyte)block[ScaleBytes + (i % BlockElements)];
                }

                break;
            case GgufTensorType.Q4_0:
                for (int i = 0; i < values.Length; i++)
                {
                    ReadOnlySpan<byte> block = bytes.Slice(i / BlockElements * blockBytes, blockBytes);
                    float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
                    int pair = block[ScaleBytes + (i % (BlockElements / 2))];
                    values[i] = scale * ((i % BlockElements < BlockElements / 2 ? pair & 15 : pair >> 4) - 8);
                }

                break;
            default:
                throw new NotSupportedException($"Reading values of the type {type} is not supported.");
        }
    }

    private static void QuantizeEight(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        float largest = MathF.Abs(values[LargestIndex(values)]);
        float scale = largest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        WriteHalf(bytes, scale);
        for (int i = 0; i < BlockElements; i++)
        {
            bytes[ScaleBytes + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    private static void QuantizeFour(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        float scale = values[LargestIndex(values)] / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        WriteHalf(bytes, scale);
        const int half = BlockElements / 2;
        for (int i = 0; i < half; i++)
        {
            bytes[ScaleBytes + i] = (byte)(Quantum(values[i], inverse) | (Quantum(values[half + i], inverse) << 4));
        }
    }

    // Product and sum are rounded once, as a fused multiply-add does it.
    private static int Quantum(float value, float inverse) => Math.Min(15, (int)(float)(((double)value * inverse) + 8.5));

    private static int LargestIndex(ReadOnlySpan<float> values)
    {
        int largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new OverflowException($"it holds {values[i]}, which has no place in a block of integers with one scale");
            }

            largest = MathF.Abs(values[i]) > MathF.Abs(values[largest]) ? i : largest;
        }

        return largest;
    }

    private static void WriteHalf(Span<byte> bytes, float value)
    {
        var half = (Half)value;
        if (Half.IsInfinity(half) && float.IsFinite(value))
        {
            throw new OverflowException($"it needs the number {value}, and F16 ends at 65504");
        }

        BinaryPrimitives.WriteHalfLittleEndian(bytes, half);
    }

    private static ushort UpperHalf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
