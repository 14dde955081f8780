using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// A product with few rows and a transposed right factor (generation: a row times a weight). Every weight is read once, in order,
/// and turned over in the first-level cache.
/// </summary>
/// <remarks>
/// Every element is added up in the order of <see cref="GemmTask{TResult, TFactor}"/>: term by term, in chunks, in floats. So a row's
/// bits are the same among few rows and among many, and a text does not depend on how many others are generated beside it, or on
/// whether there is a cache.
/// </remarks>
internal static unsafe class FewRowsProduct
{
    /// <summary>Rows up to which it is the faster way.</summary>
    public const int MaximumRows = 16;

    private const int PartElements = 32768, Columns = 64, Terms = 64;

    /// <summary>c = alpha a bᵀ + beta c + bias, and the epilogue.</summary>
    public static void Run<TResult, TFactor>(
        TResult* c, int strideC, Factor<TFactor> a, Factor<TFactor> b, TFactor* bias, int m, int n, int k,
        float alpha, float beta, Epilogue<TResult> epilogue, ThreadTeam team)
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        int columns = (Parts.RowsOf(k, PartElements) + Columns - 1) / Columns * Columns;
        LaneDispatch.For(
            team, Parts.Count(n, columns),
            new Kernel<TResult, TFactor>(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue, columns));
    }

    private readonly struct Kernel<TResult, TFactor>(
        TResult* c, int strideC, Factor<TFactor> a, Factor<TFactor> b, TFactor* bias, int m, int n, int k,
        float alpha, float beta, Epilogue<TResult> epilogue, int columnsPerPart) : ILaneKernel
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            float* x = stackalloc float[Terms];
            float* panel = stackalloc float[Terms * Columns];           // (terms, columns)
            float* chunk = stackalloc float[MaximumRows * Columns];     // (m, columns): the sums of one chunk
            float* sums = stackalloc float[MaximumRows * Columns];      // (m, columns)
            int end = Math.Min(n, (part + 1) * columnsPerPart);
            for (int column = part * columnsPerPart; column < end; column += Columns)
            {
                int columns = Math.Min(Columns, end - column);
                bool add = beta != 0 || bias != null || k == 0;
                Start(sums, column, columns);
                for (int term = 0; term < k; term += GemmPlan.ChunkLength)
                {
                    Multiply<T>(x, panel, chunk, column, columns, term, Math.Min(k, term + GemmPlan.ChunkLength));
                    AddChunk<T>(sums, chunk, add);
                    add = true;
                }

                epilogue.Run<T>(c, strideC, column, sums, Columns, m, columns);
            }
        }

        // What the products are added to.
        private void Start(float* sums, int column, int columns)
        {
            for (int row = 0; row < m; row++)
            {
                TResult* from = c + ((long)row * strideC) + column;
                for (int i = 0; i < columns; i++)
                {
                    float start = bias == null ? 0 : Stored.Load(bias + column + i);
                    sums[(row * Columns) + i] = beta == 0 ? start : (beta * Stored.Load(from + i)) + start;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Multiply<T>(float* x, float* panel, float* chunk, int column, int columns, int term, int end)
            where T : unmanaged, ILanes<T>
        {
            new Span<float>(chunk, m * Columns).Clear();
            for (; term < end; term += Terms)
            {
                int terms = Math.Min(Terms, end - term);
                Transpose.Run(panel, Columns, b.At(term, column), b.Stride, columns, terms, 1);
                for (int row = 0; row < m; row++)
                {
                    Widen<T>(x, a.At(row, term), terms);
                    for (int i = 0; i < columns; i += 4 * T.Count)
                    {
                        Accumulate<T>(chunk + (row * Columns) + i, x, panel + i, terms);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Widen<T>(float* target, TFactor* source, int count)
            where T : unmanaged, ILanes<T>
        {
            for (int i = 0; i < count; i += T.Count)
            {
                T.Store(target + i, T.LoadPartial(source + i, Math.Min(T.Count, count - i)));
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
                T factor = T.Scalar(x[p]);
                sum0 = T.MultiplyAddScalar(factor, T.Load(panel), sum0);
                sum1 = T.MultiplyAddScalar(factor, T.Load(panel + T.Count), sum1);
                sum2 = T.MultiplyAddScalar(factor, T.Load(panel + (2 * T.Count)), sum2);
                sum3 = T.MultiplyAddScalar(factor, T.Load(panel + (3 * T.Count)), sum3);
            }

            T.Store(sums, sum0);
            T.Store(sums + T.Count, sum1);
            T.Store(sums + (2 * T.Count), sum2);
            T.Store(sums + (3 * T.Count), sum3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void AddChunk<T>(float* sums, float* chunk, bool add)
            where T : unmanaged, ILanes<T>
        {
            T factor = T.Broadcast(alpha);
            for (int i = 0; i < m * Columns; i += T.Count)
            {
                T product = factor * T.Load(chunk + i);
                T.Store(sums + i, add ? T.Load(sums + i) + product : product);
            }
        }
    }
}
