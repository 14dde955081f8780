using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What forward and backward attention share: the tile sizes, packing, and the dropout mask of a tile.</summary>
internal static unsafe class AttentionTiles
{
    /// <summary>Keys per tile. The order of every row's sums, and so its bits, follows from this and from nothing else.</summary>
    public const int Keys = 64;

    public const float Log2E = 1.44269504f, Ln2 = 0.693147181f;

    /// <summary>
    /// The largest score before any was seen: below all real ones, but finite, so that a query that sees none of a tile's keys does not
    /// take one infinity from another.
    /// </summary>
    public const float NoScore = float.MinValue;

    /// <summary>Queries per tile: two registers, one query in each lane.</summary>
    public static int Queries<T>()
        where T : unmanaged, ILanes<T> => 2 * T.Count;

    /// <summary>The first key of the tile that a key lies in.</summary>
    public static int TileOf(int key) => key / Keys * Keys;

    public static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>Copies rows of <paramref name="length"/> into rows of <paramref name="paddedLength"/> floats, scaled, padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<T, TStorage>(
        float* target, int paddedLength, TStorage* source, long stride, int length, int rows, int paddedRows, float factor)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
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

    /// <summary>target = source + beta target, from padded rows into rows that lie <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack<T, TStorage>(
        TStorage* target, long stride, float* source, int paddedLength, int length, int rows, float beta)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
    {
        T keep = T.Broadcast(beta);
        for (int r = 0; r < rows; r++, target += stride, source += paddedLength)
        {
            for (int c = 0; c < length; c += T.Count)
            {
                int count = Math.Min(T.Count, length - c);
                T value = T.Load(source + c);
                value = beta == 0 ? value : T.MultiplyAdd(keep, T.LoadPartial(target + c, count), value);
                T.StorePartial(target + c, value, count);
            }
        }
    }

    /// <summary>Turns a tile of (length, lanes) back into rows: target[r, c] = factor tile[c, r].</summary>
    /// <param name="target">Rows, <paramref name="stride"/> apart.</param>
    /// <param name="stride">Of the target.</param>
    /// <param name="tile">The queries in the lanes.</param>
    /// <param name="lanes">Floats between the tile's rows.</param>
    /// <param name="length">Elements of a target row.</param>
    /// <param name="rows">Rows of the target.</param>
    /// <param name="factor">What all is multiplied by.</param>
    /// <param name="room">rows x paddedLength floats, used where the target is not of floats.</param>
    /// <param name="paddedLength">The length in whole registers.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TurnBack<T, TStorage>(
        TStorage* target, long stride, float* tile, int lanes, int length, int rows, float factor, float* room, int paddedLength)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            Transpose.Run((float*)target, (nint)stride, tile, lanes, length, rows, factor);
            return;
        }

        Transpose.Run(room, paddedLength, tile, lanes, length, rows, factor);
        Unpack<T, TStorage>(target, stride, room, paddedLength, length, rows, 0);
    }

    /// <summary>Asks for rows that will be read soon: pieces of long rows are no pattern that the hardware would foresee.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<TStorage>(TStorage* source, long stride, int length, int rows)
        where TStorage : unmanaged
    {
        int line = 64 / sizeof(TStorage);
        for (int r = 0; r < rows && Sse.IsSupported; r++, source += stride)
        {
            for (int c = 0; c < length; c += line)
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
