using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// A product with few rows and a transposed right factor (generation: a row times a weight) as dot products. Every weight is read
/// once, in order; nothing is packed.
/// </summary>
internal static unsafe class DotProducts
{
    private const int PartElements = 32768;

    /// <summary>c = alpha a bᵀ + beta c + bias.</summary>
    public static void Run(
        float* c, int strideC, Factor a, Factor b, float* bias, int m, int n, int k, float alpha, float beta, ThreadTeam team)
    {
        int columns = Parts.RowsOf(k, PartElements);
        LaneDispatch.For(team, Parts.Count(n, columns), new Kernel(c, strideC, a, b, bias, m, n, k, alpha, beta, columns));
    }

    private readonly struct Kernel(
        float* c, int strideC, Factor a, Factor b, float* bias, int m, int n, int k, float alpha, float beta, int columnsPerPart)
        : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int end = Math.Min(n, (part + 1) * columnsPerPart);
            for (int column = part * columnsPerPart; column < end; column++)
            {
                float* weight = b.Data + ((long)column * b.Stride);
                for (int row = 0; row < m; row++)
                {
                    float* target = c + ((long)row * strideC) + column;
                    float product = alpha * Dot<T>(a.Data + ((long)row * a.Stride), weight, k);
                    product += bias == null ? 0 : bias[column];
                    *target = beta == 0 ? product : product + (beta * *target);
                }
            }
        }

        // Four sums side by side hide the latency of the additions.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Dot<T>(float* x, float* y, int length)
            where T : unmanaged, ILanes<T>
        {
            T sum0 = T.Zero, sum1 = T.Zero, sum2 = T.Zero, sum3 = T.Zero;
            int i = 0;
            for (; i <= length - (4 * T.Count); i += 4 * T.Count)
            {
                sum0 = T.MultiplyAdd(T.Load(x + i), T.Load(y + i), sum0);
                sum1 = T.MultiplyAdd(T.Load(x + i + T.Count), T.Load(y + i + T.Count), sum1);
                sum2 = T.MultiplyAdd(T.Load(x + i + (2 * T.Count)), T.Load(y + i + (2 * T.Count)), sum2);
                sum3 = T.MultiplyAdd(T.Load(x + i + (3 * T.Count)), T.Load(y + i + (3 * T.Count)), sum3);
            }

            for (; i < length; i += T.Count)
            {
                int count = Math.Min(T.Count, length - i);
                sum0 = T.MultiplyAdd(T.LoadPartial(x + i, count), T.LoadPartial(y + i, count), sum0);
            }

            return T.Sum(sum0 + sum1 + (sum2 + sum3));
        }
    }
}
