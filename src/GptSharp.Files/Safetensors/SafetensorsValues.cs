using System.Runtime.InteropServices;

namespace GptSharp.Files.Safetensors;

/// <summary>The numbers behind a tensor's bytes.</summary>
internal static class SafetensorsValues
{
    /// <summary>Floats of any type as float32: exact except for F64, which is rounded. A complex number counts as two.</summary>
    /// <param name="type">A type that is no integer.</param>
    /// <param name="bytes">The bytes, beginning with an element's first bit.</param>
    /// <param name="values">As many values as the bytes hold.</param>
    public static void Decode(SafetensorsType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (type)
        {
            case SafetensorsType.F32 or SafetensorsType.C64:
                bytes.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case SafetensorsType.F64:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)doubles[i];
                }

                break;
            case SafetensorsType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)halves[i];
                }

                break;
            case SafetensorsType.BF16:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                }

                break;
            default:
                DecodeSmall(type, bytes, values);
                break;
        }
    }

    private static void DecodeSmall(SafetensorsType type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        float[] table = SmallFloat.ValuesOf(type) ?? throw new ArgumentException($"{type} is no float type.", nameof(type));
        int bits = type.Bits();
        for (int i = 0; i < values.Length; i++)
        {
            // Codes are packed from the lowest bit up and may lie across two bytes.
            int first = i * bits;
            int window = bytes[first / 8] | ((first / 8) + 1 < bytes.Length ? bytes[(first / 8) + 1] << 8 : 0);
            values[i] = table[(window >> (first % 8)) & ((1 << bits) - 1)];
        }
    }
}
