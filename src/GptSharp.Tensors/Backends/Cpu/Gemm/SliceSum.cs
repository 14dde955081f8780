using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>Adds the slices of a product's sum, always in the same order.</summary>
internal static unsafe class SliceSum
{
    private const int PartElements = 8192;

    /// <summary>c = sum of the slices + beta c + bias.</summary>
    /// <remarks>partials: (slices, m, n); c: (m, strideC); bias: (n) or null.</remarks>
    public static void Run<TResult, TBias>(
        TResult* c, int strideC, float* partials, int slices, TBias* bias, int m, int n, float beta, ThreadTeam team)
        where TResult : unmanaged
        where TBias : unmanaged
    {
        int rows = Parts.RowsOf(n, PartElements);
        LaneDispatch.For(
            team, Parts.Count(m, rows),
            new Kernel<TResult, TBias>(c, strideC, partials, slices, bias, m, n, beta, rows));
    }

    private readonly struct Kernel<TResult, TBias>(
        TResult* c, int strideC, float* partials, int slices, TBias* bias, int m, int n, float beta, int rowsPerPart) : ILaneKernel
        where TResult : unmanaged
        where TBias : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int end = Math.Min(m, (part + 1) * rowsPerPart);
            for (int row = part * rowsPerPart; row < end; row++)
            {
                TResult* target = c + ((long)row * strideC);
                for (int column = 0; column < n; column += T.Count)
                {
                    int count = Math.Min(T.Count, n - column);
                    float* source = partials + ((long)row * n) + column;
                    T sum = T.LoadPartial(source, count);
                    for (int slice = 1; slice < slices; slice++)
                    {
                        sum += T.LoadPartial(source + ((long)slice * m * n), count);
                    }

                    if (bias != null)
                    {
                        sum += T.LoadPartial(bias + column, count);
                    }

                    if (beta != 0)
                    {
                        sum = T.MultiplyAdd(T.Broadcast(beta), T.LoadPartial(target + column, count), sum);
                    }

                    T.StorePartial(target + column, sum, count);
                }
            }
        }
    }
}
