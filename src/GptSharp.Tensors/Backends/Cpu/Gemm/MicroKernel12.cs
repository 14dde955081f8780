using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>A tile of 12 rows: 24 accumulators, two registers of b and one of a, of AVX-512's 32.</summary>
internal readonly unsafe struct MicroKernel12 : IMicroKernel
{
    public static int Rows => 12;

    public static int Steps(int terms) => terms;

    public static void Pack<T, TFactor>(float* target, Lines<TFactor> source, int count, int length, int width, long panelStride)
        where T : unmanaged, ILanes<T>
        where TFactor : unmanaged => Packing.Run<T, TFactor>(target, source, count, length, width, panelStride);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add, ref ReadAhead ahead)
        where T : unmanaged, ILanes<T>
    {
        T l0 = T.Zero, l1 = T.Zero, l2 = T.Zero, l3 = T.Zero, l4 = T.Zero, l5 = T.Zero,
            l6 = T.Zero, l7 = T.Zero, l8 = T.Zero, l9 = T.Zero, l10 = T.Zero, l11 = T.Zero;
        T r0 = T.Zero, r1 = T.Zero, r2 = T.Zero, r3 = T.Zero, r4 = T.Zero, r5 = T.Zero,
            r6 = T.Zero, r7 = T.Zero, r8 = T.Zero, r9 = T.Zero, r10 = T.Zero, r11 = T.Zero;
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
                TileRow.Prefetch(a + (TileRow.StepsAhead * 12));
                TileRow.Prefetch(b + (16 * 2 * T.Count));
                TileRow.Prefetch(b + (33 * T.Count));
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
                x = T.Broadcast(a[6]);
                l6 = T.MultiplyAdd(x, left, l6);
                r6 = T.MultiplyAdd(x, right, r6);
                x = T.Broadcast(a[7]);
                l7 = T.MultiplyAdd(x, left, l7);
                r7 = T.MultiplyAdd(x, right, r7);
                x = T.Broadcast(a[8]);
                l8 = T.MultiplyAdd(x, left, l8);
                r8 = T.MultiplyAdd(x, right, r8);
                x = T.Broadcast(a[9]);
                l9 = T.MultiplyAdd(x, left, l9);
                r9 = T.MultiplyAdd(x, right, r9);
                x = T.Broadcast(a[10]);
                l10 = T.MultiplyAdd(x, left, l10);
                r10 = T.MultiplyAdd(x, right, r10);
                x = T.Broadcast(a[11]);
                l11 = T.MultiplyAdd(x, left, l11);
                r11 = T.MultiplyAdd(x, right, r11);
                a += 12;
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
        tile += stride;
        TileRow.Store(tile, l6, r6, factor, add);
        tile += stride;
        TileRow.Store(tile, l7, r7, factor, add);
        tile += stride;
        TileRow.Store(tile, l8, r8, factor, add);
        tile += stride;
        TileRow.Store(tile, l9, r9, factor, add);
        tile += stride;
        TileRow.Store(tile, l10, r10, factor, add);
        tile += stride;
        TileRow.Store(tile, l11, r11, factor, add);
    }

    public static void RunFew<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add)
        where T : unmanaged, ILanes<T> => FewRowsTile.Run<T>(tile, stride, a, Rows, b, steps, alpha, add);
}
