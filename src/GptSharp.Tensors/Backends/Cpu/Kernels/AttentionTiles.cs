using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What forward and backward attention share: the tile sizes, packing, and the dropout mask of a tile.</summary>
internal static unsafe class AttentionTiles
{
    /// <summary>Keys per tile. The order of every row's sums, and so its bits, follows from this and from nothing else.</summary>
    public const int Keys = 64;

    public const float Log2E = 1.44269504f, Ln2 = 0.693147181f;

    /// <summary>Queries per tile: two registers, one query in each lane.</summary>
    public static int Queries<T>()
        where T : unmanaged, ILanes<T> => 2 * T.Count;

    public static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>Copies rows of <paramref name="length"/> floats into rows of <paramref name="paddedLength"/>, scaled, padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<T>(
        float* target, int paddedLength, float* source, long stride, int length, int rows, int paddedRows, float factor)
        where T : unmanaged, ILanes<T>
    {
        T scale = T.Broadcast(factor);
        for (int r = 0; r < rows; r++, source += stride, target += paddedLength)
        {
            int c = 0;
            for (; c <= length - T.Count; c += T.Count)
            {
                T.Store(target + c, T.Load(source + c) * scale);
            }

            for (; c < paddedLength; c += T.Count)
            {
                T.Store(target + c, T.LoadPartial(source + c, Math.Max(0, length - c)) * scale);
            }
        }

        new Span<float>(target, (paddedRows - rows) * paddedLength).Clear();
    }

    /// <summary>Asks for rows that will be read soon: pieces of long rows are no pattern that the hardware would foresee.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source, long stride, int length, int rows)
    {
        const int Line = 16;
        for (int r = 0; r < rows && Sse.IsSupported; r++, source += stride)
        {
            for (int c = 0; c < length; c += Line)
            {
                Sse.Prefetch0(source + c);
            }
        }
    }

    /// <summary>
    /// The dropout decisions of elements <paramref name="firstElement"/> to firstElement + 63: bit k is set where element
    /// firstElement + k is kept.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeptBits<T>(in PhiloxLanes<T> philox, T threshold, ulong firstElement)
        where T : unmanaged, ILanes<T>
    {
        uint block = (uint)(firstElement >> 2);
        int offset = (int)(firstElement & 3);
        ulong bits = 0;
        for (int k = 0; k < Keys; k += 4 * T.Count, block += (uint)T.Count)
        {
            philox.Words(out T a, out T b, out T c, out T d, block);
            ulong low = T.BitsWhereWordAtLeast(a, threshold) | ((ulong)T.BitsWhereWordAtLeast(b, threshold) << T.Count);
            ulong high = T.BitsWhereWordAtLeast(c, threshold) | ((ulong)T.BitsWhereWordAtLeast(d, threshold) << T.Count);
            bits |= (low | (high << (2 * T.Count))) << k;
        }

        // A row of scores need not begin on a block of four elements.
        return offset == 0
            ? bits
            : (bits >> offset) | ((ulong)T.BitsWhereWordAtLeast(philox.Words(block), threshold) << (Keys - offset));
    }
}
