using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// A product with few rows and a transposed right factor (generation: a row times a weight). Every weight is read once, in order,
/// and turned over in the first-level cache.
/// </summary>
/// <remarks>
/// Every element is added up in the order of <see cref="GemmTask"/>: term by term, in chunks. So a row's bits are the same among few
/// rows and among many, and a text does not depend on how many others are generated beside it, or on whether there is a cache.
/// </remarks>
internal static unsafe class FewRowsProduct
{
    /// <summary>Rows up to which it is the faster way.</summary>
    public const int MaximumRows = 16;

    private const int PartElements = 32768, Columns = 64, Terms = 64;

    /// <summary>c = alpha a bᵀ + beta c + bias.</summary>
    public static void Run(
        float* c, int strideC, Factor a, Factor b, float* bias, int m, int n, int k, float alpha, float beta, ThreadTeam team)
    {
        int columns = (Parts.RowsOf(k, PartElements) + Columns - 1) / Columns * Columns;
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
            float* panel = stackalloc float[Terms * Columns];           // (terms, columns)
            float* sums = stackalloc float[MaximumRows * Columns];      // (m, columns)
            int end = Math.Min(n, (part + 1) * columnsPerPart);
            for (int column = part * columnsPerPart; column < end; column += Columns)
            {
                int columns = Math.Min(Columns, end - column);
                bool add = beta != 0 || bias != null || k == 0;
                Start(column, columns);
                for (int term = 0; term < k; term += GemmTask.ChunkLength)
                {
                    Multiply<T>(panel, sums, column, columns, term, Math.Min(k, term + GemmTask.ChunkLength));
                    Finish(sums, column, columns, add);
                    add = true;
                }
            }
        }

        // What the products are added to.
        private void Start(int column, int columns)
        {
            for (int row = 0; row < m; row++)
            {
                float* target = c + ((long)row * strideC) + column;
                for (int i = 0; i < columns; i++)
                {
                    float start = bias == null ? 0 : bias[column + i];
                    target[i] = beta == 0 ? start : (beta * target[i]) + start;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Multiply<T>(float* panel, float* sums, int column, int columns, int term, int end)
            where T : unmanaged, ILanes<T>
        {
            new Span<float>(sums, m * Columns).Clear();
            for (; term < end; term += Terms)
            {
                int terms = Math.Min(Terms, end - term);
                Transpose.Run(panel, Columns, b.At(term, column), b.Stride, columns, terms, 1);
                for (int row = 0; row < m; row++)
                {
                    for (int i = 0; i < columns; i += 4 * T.Count)
                    {
                        Accumulate<T>(sums + (row * Columns) + i, a.At(row, term), panel + i, terms);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Accumulate<T>(float* sums, float* x, float* panel, int terms)
            where T : unmanaged, ILanes<T>
        {
            T sum0 = T.Load(sums), sum1 = T.Load(sums + T.Count);
            T sum2 = T.Load(sums + (2 * T.Count)), sum3 = T.Load(sums + (3 * T.Count));
            for (int p = 0; p < terms; p++, panel += Columns)
            {
                T factor = T.Broadcast(x[p]);
                sum0 = T.MultiplyAdd(factor, T.Load(panel), sum0);
                sum1 = T.MultiplyAdd(factor, T.Load(panel + T.Count), sum1);
                sum2 = T.MultiplyAdd(factor, T.Load(panel + (2 * T.Count)), sum2);
                sum3 = T.MultiplyAdd(factor, T.Load(panel + (3 * T.Count)), sum3);
            }

            T.Store(sums, sum0);
            T.Store(sums + T.Count, sum1);
            T.Store(sums + (2 * T.Count), sum2);
            T.Store(sums + (3 * T.Count), sum3);
        }

        private void Finish(float* sums, int column, int columns, bool add)
        {
            for (int row = 0; row < m; row++)
            {
                float* target = c + ((long)row * strideC) + column;
                for (int i = 0; i < columns; i++)
                {
                    float product = alpha * sums[(row * Columns) + i];
                    target[i] = add ? target[i] + product : product;
                }
            }
        }
    }
}
