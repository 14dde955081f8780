using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors;

/// <summary>
/// Philox4x32-10, a counter-based random number generator: a keyed bijection of 128-bit counters, so any number of any
/// stream is computed directly, in any order, on any thread (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3", SC 2011).
/// </summary>
/// <remarks>
/// How this project keys it. The key is the 64-bit seed (low word, high word). The counter is
/// (element / 4, sample, step, site) and element % 4 picks one of the four output words, where <c>element</c> is the index
/// inside one sample's tensor, <c>sample</c> the index in the global batch, <c>step</c> the optimizer step and <c>site</c>
/// the place in the model that draws. A mask therefore depends neither on the micro-batch nor on the number of threads,
/// and recomputing a layer draws the same numbers again.
/// </remarks>
public static class Philox
{
    internal const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    internal const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    internal const int RoundCount = 10;

    /// <summary>The number of elements one sample may have: 2^34, four per 32-bit block index.</summary>
    public const ulong MaximumElementCount = 1UL << 34;

    /// <summary>The generator itself: the four output words of one counter under one key.</summary>
    /// <param name="counter">Four words, c0 first.</param>
    /// <param name="key">The key, low word first.</param>
    public static Vector128<uint> Block(Vector128<uint> counter, ulong key)
    {
        uint x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < RoundCount; round++)
        {
            ulong product0 = (ulong)Multiplier0 * x0, product1 = (ulong)Multiplier1 * x2;
            x0 = (uint)(product1 >> 32) ^ x1 ^ k0;
            x1 = (uint)product1;
            x2 = (uint)(product0 >> 32) ^ x3 ^ k1;
            x3 = (uint)product0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return Vector128.Create(x0, x1, x2, x3);
    }

    /// <summary>The random word of one element: 32 uniform bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="element"/> is 2^34 or more.</exception>
    public static uint Word(ulong seed, uint step, uint sample, uint site, ulong element)
    {
        RequireElementRange(element, 1);
        return Block(Vector128.Create((uint)(element >> 2), sample, step, site), seed)[(int)(element & 3)];
    }

    /// <summary>The random number of one element, uniform in [0, 1): the upper 24 bits of its word, over 2^24.</summary>
    /// <remarks>Dropout with probability p keeps the elements whose number is at least p.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="element"/> is 2^34 or more.</exception>
    public static float Uniform(ulong seed, uint step, uint sample, uint site, ulong element) =>
        ToUniform(Word(seed, step, sample, site, element));

    /// <summary>The uniform number in [0, 1) that a word stands for: its upper 24 bits over 2^24, exactly.</summary>
    public static float ToUniform(uint word) => (word >> 8) * (1.0f / (1 << 24));

    /// <summary>The words of consecutive elements: <c>words[i] = Word(seed, step, sample, site, firstElement + i)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The last element is 2^34 or more.</exception>
    public static unsafe void Fill(Span<uint> words, ulong seed, uint step, uint sample, uint site, ulong firstElement = 0)
    {
        RequireElementRange(firstElement, words.Length);
        fixed (uint* pointer = words)
        {
            PhiloxFill fill = new(pointer, words.Length, new RandomKey(seed, step, sample, site), firstElement);
            LaneDispatch.Run(fill, CpuFeatures.Available[0]);
        }
    }

    /// <summary>Uniform numbers in [0, 1) of consecutive elements: <c>values[i] = Uniform(…, firstElement + i)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The last element is 2^34 or more.</exception>
    public static void FillUniform(
        Span<float> values, ulong seed, uint step, uint sample, uint site, ulong firstElement = 0)
    {
        Span<uint> words = MemoryMarshal.Cast<float, uint>(values);
        Fill(words, seed, step, sample, site, firstElement);
        for (int i = 0; i < words.Length; i++)
        {
            values[i] = ToUniform(words[i]);
        }
    }

    /// <summary>
    /// The smallest word that dropout with probability <paramref name="p"/> keeps: <c>word &gt;= KeepThreshold(p)</c> is
    /// <c>ToUniform(word) &gt;= p</c> for every word.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not in [0, 1).</exception>
    public static uint KeepThreshold(float p)
    {
        if (!(p >= 0 && p < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "A dropout probability lies in [0, 1).");
        }

        return (uint)Math.Ceiling(p * (double)(1 << 24)) << 8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void RequireElementRange(ulong firstElement, long count)
    {
        if (firstElement > MaximumElementCount || (ulong)count > MaximumElementCount - firstElement)
        {
            ThrowElementRange(firstElement, count);
        }
    }

    private static void ThrowElementRange(ulong firstElement, long count) =>
        throw new ArgumentOutOfRangeException(
            nameof(firstElement),
            $"Philox numbers the elements of one sample below 2^34, but {count} from {firstElement} were asked for; split the sample.");
}
