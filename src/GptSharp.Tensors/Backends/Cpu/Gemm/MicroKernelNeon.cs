using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// A tile of 12 rows by 8 columns: 24 accumulators, two registers of b and three of a, of NEON's 32. A register of a holds the step's
/// elements of four rows, and each multiply-add picks the one of its row, so nothing is broadcast.
/// </summary>
internal readonly unsafe struct MicroKernelNeon : IMicroKernel
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
        Vector128<float> zero = Vector128<float>.Zero;
        Vector128<float> l0 = zero, l1 = zero, l2 = zero, l3 = zero, l4 = zero, l5 = zero,
            l6 = zero, l7 = zero, l8 = zero, l9 = zero, l10 = zero, l11 = zero;
        Vector128<float> r0 = zero, r1 = zero, r2 = zero, r3 = zero, r4 = zero, r5 = zero,
            r6 = zero, r7 = zero, r8 = zero, r9 = zero, r10 = zero, r11 = zero;
        for (int p = 0; p < steps; p++)
        {
            Vector128<float> left = Vector128.Load(b), right = Vector128.Load(b + 4);
            Vector128<float> rows0 = Vector128.Load(a);
            Vector128<float> rows1 = Vector128.Load(a + 4);
            Vector128<float> rows2 = Vector128.Load(a + 8);
            l0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l0, left, rows0, 0);
            r0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r0, right, rows0, 0);
            l1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l1, left, rows0, 1);
            r1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r1, right, rows0, 1);
            l2 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l2, left, rows0, 2);
            r2 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r2, right, rows0, 2);
            l3 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l3, left, rows0, 3);
            r3 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r3, right, rows0, 3);
            l4 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l4, left, rows1, 0);
            r4 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r4, right, rows1, 0);
            l5 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l5, left, rows1, 1);
            r5 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r5, right, rows1, 1);
            l6 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l6, left, rows1, 2);
            r6 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r6, right, rows1, 2);
            l7 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l7, left, rows1, 3);
            r7 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r7, right, rows1, 3);
            l8 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l8, left, rows2, 0);
            r8 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r8, right, rows2, 0);
            l9 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l9, left, rows2, 1);
            r9 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r9, right, rows2, 1);
            l10 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l10, left, rows2, 2);
            r10 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r10, right, rows2, 2);
            l11 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(l11, left, rows2, 3);
            r11 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(r11, right, rows2, 3);
            a += 12;
            b += 8;
        }

        LanesNeon factor = LanesNeon.Broadcast(alpha);
        TileRow.Store(tile, new LanesNeon(l0), new LanesNeon(r0), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l1), new LanesNeon(r1), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l2), new LanesNeon(r2), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l3), new LanesNeon(r3), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l4), new LanesNeon(r4), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l5), new LanesNeon(r5), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l6), new LanesNeon(r6), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l7), new LanesNeon(r7), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l8), new LanesNeon(r8), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l9), new LanesNeon(r9), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l10), new LanesNeon(r10), factor, add);
        tile += stride;
        TileRow.Store(tile, new LanesNeon(l11), new LanesNeon(r11), factor, add);
    }

    public static void RunFew<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add)
        where T : unmanaged, ILanes<T> => FewRowsTile.Run<T>(tile, stride, a, Rows, b, steps, alpha, add);
}
