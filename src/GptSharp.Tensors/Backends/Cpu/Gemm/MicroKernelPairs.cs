using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Assembly;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>A tile of 12 rows by 32 columns of BF16 factors, two terms a step: <see cref="DotProductTile"/>.</summary>
internal readonly unsafe struct MicroKernelPairs : IMicroKernel
{
    public static int Rows => DotProductTile.Rows;

    public static int Steps(int terms) => (terms + 1) / 2;

    public static void Pack<T, TFactor>(float* target, Lines<TFactor> source, int count, int length, int width, long panelStride)
        where T : unmanaged, ILanes<T>
        where TFactor : unmanaged =>
        PairPacking.Run(target, Unsafe.BitCast<Lines<TFactor>, Lines<BF16>>(source), count, length, width, panelStride);

    public static void Run<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add, ref ReadAhead ahead)
        where T : unmanaged, ILanes<T> => DotProductTile.Run(tile, stride, (uint*)a, (uint*)b, steps, add, ref ahead);

    public static void RunFew<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add)
        where T : unmanaged, ILanes<T> => DotProductTile.RunFew(tile, stride, (uint*)a, (uint*)b, steps, add);
}
