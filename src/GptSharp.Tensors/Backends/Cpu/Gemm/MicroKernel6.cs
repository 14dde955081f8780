using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>A tile of 6 rows: 12 accumulators, two registers of b and one of a, of the 16 that AVX2 and SSE have.</summary>
internal readonly unsafe struct MicroKernel6 : IMicroKernel
{
    public static int Rows => 6;

    public static int Steps(int terms) => terms;

    public static void Pack<T, TFactor>(float* target, Lines<TFactor> source, int count, int length, int width, long panelStride)
        where T : unmanaged, ILanes<T>
        where TFactor : unmanaged => Packing.Run<T, TFactor>(target, source, count, length, width, panelStride);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add, ref ReadAhead ahead)
        where T : unmanaged, ILanes<T>
    {
        T l0 = T.Zero, l1 = T.Zero, l2 = T.Zero, l3 = T.Zero, l4 = T.Zero, l5 = T.Zero;
        T r0 = T.Zero, r1 = T.Zero, r2 = T.Zero, r3 = T.Zero, r4 = T.Zero, r5 = T.Zero;
        CacheLines lines = ahead.Tile;
        bool areNext = false;
        for (int p = 0; p < steps;)
        {
            if (lines.IsEmpty && !areNext)
            {
                lines = ahead.Next;
                areNext = true;
            }

            lines.Prefetch();
            for (int end = Math.Min(p + ReadAhead.StepsPerLine, steps); p < end; p++)
            {
                TileRow.Prefetch(a + (TileRow.StepsAhead * 6));
                T left = T.Load(b), right = T.Load(b + T.Count), x;
                x = T.Broadcast(a[0]);
                l0 = T.MultiplyAdd(x, left, l0);
                r0 = T.MultiplyAdd(x, right, r0);
                x = T.Broadcast(a[1]);
                l1 = T.MultiplyAdd(x, left, l1);
                r1 = T.MultiplyAdd(x, right, r1);
                x = T.Broadcast(a[2]);
                l2 = T.MultiplyAdd(x, left, l2);
                r2 = T.MultiplyAdd(x, right, r2);
                x = T.Broadcast(a[3]);
                l3 = T.MultiplyAdd(x, left, l3);
                r3 = T.MultiplyAdd(x, right, r3);
                x = T.Broadcast(a[4]);
                l4 = T.MultiplyAdd(x, left, l4);
                r4 = T.MultiplyAdd(x, right, r4);
                x = T.Broadcast(a[5]);
                l5 = T.MultiplyAdd(x, left, l5);
                r5 = T.MultiplyAdd(x, right, r5);
                a += 6;
                b += 2 * T.Count;
            }
        }

        if (areNext)
        {
            ahead.Next = lines;
        }

        T factor = T.Broadcast(alpha);
        TileRow.Store(tile, l0, r0, factor, add);
        tile += stride;
        TileRow.Store(tile, l1, r1, factor, add);
        tile += stride;
        TileRow.Store(tile, l2, r2, factor, add);
        tile += stride;
        TileRow.Store(tile, l3, r3, factor, add);
        tile += stride;
        TileRow.Store(tile, l4, r4, factor, add);
        tile += stride;
        TileRow.Store(tile, l5, r5, factor, add);
    }

    public static void RunFew<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add)
        where T : unmanaged, ILanes<T> => FewRowsTile.Run<T>(tile, stride, a, Rows, b, steps, alpha, add);
}
