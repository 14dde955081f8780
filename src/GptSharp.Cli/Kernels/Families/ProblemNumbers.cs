using System.Runtime.InteropServices;
using GptSharp.Tensors;

namespace GptSharp.Cli.Kernels.Families;

/// <summary>The numbers that go into problems, the same on every machine, and how they are stored.</summary>
internal static class ProblemNumbers
{
    /// <summary>Numbers from -1 to 1 (SplitMix64).</summary>
    public static float[] Draw(long count, ulong seed)
    {
        var numbers = new float[count];
        ulong state = seed * 0x9E3779B97F4A7C15UL;
        for (long i = 0; i < count; i++)
        {
            state += 0x9E3779B97F4A7C15UL;
            ulong word = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9UL;
            word = (word ^ (word >> 27)) * 0x94D049BB133111EBUL;
            numbers[i] = ((word ^ (word >> 31)) >> 40) * (2f / (1 << 24)) - 1f;
        }

        return numbers;
    }

    /// <summary>The same, rounded to BF16.</summary>
    public static BF16[] DrawBF16(long count, ulong seed) => Array.ConvertAll(Draw(count, seed), value => (BF16)value);

    /// <summary>An input.</summary>
    public static ProblemBuffer Input<T>(string name, T[] values)
        where T : unmanaged
    {
        byte[] content = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        return new(name, content.Length, content);
    }

    /// <summary>Bytes as numbers.</summary>
    public static ReadOnlySpan<T> As<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes);
}
