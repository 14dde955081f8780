using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// A tile of four rows, for what is left over at the bottom of a matrix. Its eight sums just hide the four cycles that a multiply-add takes,
/// at two a cycle; a whole tile would compute rows that nobody wants.
/// </summary>
internal static unsafe class FewRowsTile
{
    /// <summary>Rows of the tile.</summary>
    public const int Rows = 4;

    /// <summary>As <see cref="IMicroKernel.RunFew"/>, for panels of a that have <paramref name="rowsOfPanel"/> rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(float* tile, long stride, float* a, int rowsOfPanel, float* b, int steps, float alpha, bool add)
        where T : unmanaged, ILanes<T>
    {
        T l0 = T.Zero, l1 = T.Zero, l2 = T.Zero, l3 = T.Zero, r0 = T.Zero, r1 = T.Zero, r2 = T.Zero, r3 = T.Zero;
        for (int p = 0; p < steps; p++)
        {
            T left = T.Load(b), right = T.Load(b + T.Count), x;
            x = T.Scalar(a[0]);
            l0 = T.MultiplyAddScalar(x, left, l0);
            r0 = T.MultiplyAddScalar(x, right, r0);
            x = T.Scalar(a[1]);
            l1 = T.MultiplyAddScalar(x, left, l1);
            r1 = T.MultiplyAddScalar(x, right, r1);
            x = T.Scalar(a[2]);
            l2 = T.MultiplyAddScalar(x, left, l2);
            r2 = T.MultiplyAddScalar(x, right, r2);
            x = T.Scalar(a[3]);
            l3 = T.MultiplyAddScalar(x, left, l3);
            r3 = T.MultiplyAddScalar(x, right, r3);
            a += rowsOfPanel;
            b += 2 * T.Count;
        }

        T factor = T.Broadcast(alpha);
        TileRow.Store(tile, l0, r0, factor, add);
        tile += stride;
        TileRow.Store(tile, l1, r1, factor, add);
        tile += stride;
        TileRow.Store(tile, l2, r2, factor, add);
        tile += stride;
        TileRow.Store(tile, l3, r3, factor, add);
    }
}
