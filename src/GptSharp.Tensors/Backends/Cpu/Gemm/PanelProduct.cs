using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GptSharp.Tensors.Backends.Cpu.Assembly;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// Rows times a weight that lies in <see cref="WeightPanels"/>: of one row, and of a few, as fast as memory delivers the weight.
/// </summary>
/// <remarks>
/// What bounds a single row is memory, and memory is at its best where each thread reads on and on, and few instructions stand between
/// one line and the next: so each thread has a run of panels that follow each other, and helps with another's only when its own are done.
/// Every element is added up in the order of <see cref="GemmTask{TResult, TFactor}"/>, in pairs where that adds up in pairs: a row's bits do
/// not tell how its weight lies.
/// </remarks>
internal static unsafe class PanelProduct
{
    private const int Chunk = GemmPlan.ChunkLength;
    private const int MostRows = 32, WidestPanel = 32;
    private const int CounterStep = 64 / sizeof(int);     // each on a cache line of its own

    /// <summary>c (m, n) = a (m, k) weightᵀ + bias, and the epilogue.</summary>
    /// <param name="c">The result; its rows follow each other.</param>
    /// <param name="a">The rows, which follow each other.</param>
    /// <param name="weight">(n, k), in panels.</param>
    /// <param name="bias">(n), or null.</param>
    /// <param name="m">Rows.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="epilogue">What becomes of the sums.</param>
    /// <param name="team">Does it.</param>
    public static void Run<TStorage>(
        TStorage* c, TStorage* a, TStorage* weight, TStorage* bias, int m, int n, int k, Epilogue<TStorage> epilogue, ThreadTeam team)
        where TStorage : unmanaged
    {
        bool inPairs = typeof(TStorage) == typeof(BF16) && team.Path == SimdPath.Avx512BF16;
        int threads = team.ThreadCount;
        int* done = stackalloc int[threads * CounterStep];
        new Span<int>(done, threads * CounterStep).Clear();
        LaneDispatch.For(team, threads, new Kernel<TStorage>(c, a, weight, bias, m, n, k, epilogue, inPairs, done, threads));
    }

    private readonly struct Kernel<TStorage>(
        TStorage* c, TStorage* a, TStorage* weight, TStorage* bias, int m, int n, int k, Epilogue<TStorage> epilogue, bool inPairs,
        int* done, int threads) : ILaneKernel
        where TStorage : unmanaged
    {
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int panels = n / (2 * T.Count);
            for (int i = 0; i < threads; i++)
            {
                int run = (part + i) % threads;
                int first = (int)((long)run * panels / threads), count = (int)((run + 1L) * panels / threads) - first;
                for (int next; (next = Interlocked.Increment(ref done[run * CounterStep]) - 1) < count;)
                {
                    Panel<T>(first + next);
                }
            }
        }

        private void Panel<T>(int index)
            where T : unmanaged, ILanes<T>
        {
            float* sums = stackalloc float[MostRows * WidestPanel];     // (rows, width)
            int width = 2 * T.Count, column = index * width;
            TStorage* panel = weight + ((long)column * k);
            for (int row = 0; row < m; row += MostRows)
            {
                int rows = Math.Min(MostRows, m - row);
                TStorage* x = a + ((long)row * k);
                bool add = Start<T>(sums, column, rows);
                if (inPairs)
                {
                    MultiplyPairs<T>(sums, (uint*)x, (uint*)panel, rows, add);
                }
                else if (typeof(TStorage) == typeof(float))
                {
                    MultiplyFloats<T>(sums, (float*)x, (float*)panel, rows, add);
                }
                else
                {
                    MultiplyWidened<T>(sums, x, (uint*)panel, rows, add);
                }

                epilogue.Run<T>(c, n, ((long)row * n) + column, sums, width, rows, width);
            }
        }

        // What the products are added to; false for nothing.
        private bool Start<T>(float* sums, int column, int rows)
            where T : unmanaged, ILanes<T>
        {
            if (bias == null && k > 0)
            {
                return false;
            }

            for (int row = 0; row < rows; row++, sums += 2 * T.Count)
            {
                T.Store(sums, bias == null ? T.Zero : T.Load(bias + column));
                T.Store(sums + T.Count, bias == null ? T.Zero : T.Load(bias + column + T.Count));
            }

            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void MultiplyFloats<T>(float* sums, float* x, float* panel, int rows, bool add)
            where T : unmanaged, ILanes<T>
        {
            int width = 2 * T.Count;
            float* chunk = stackalloc float[MostRows * WidestPanel];
            for (int term = 0; term < k; term += Chunk)
            {
                Tiles<T>(chunk, x + term, k, panel + ((long)term * width), rows, Math.Min(Chunk, k - term));
                Add<T>(sums, chunk, rows, add);
                add = true;
            }
        }

        // Pairs of terms side by side; their rows and a chunk of the panel are widened first.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void MultiplyWidened<T>(float* sums, TStorage* x, uint* panel, int rows, bool add)
            where T : unmanaged, ILanes<T>
        {
            int width = 2 * T.Count;
            float* chunk = stackalloc float[MostRows * WidestPanel];
            float* wideRows = stackalloc float[MostRows * Chunk];
            float* widePanel = stackalloc float[rows == 1 ? 0 : Chunk * WidestPanel];
            for (int term = 0; term < k; term += Chunk)
            {
                int terms = Math.Min(Chunk, k - term);
                uint* pairs = panel + ((long)(term / 2) * width);
                for (int row = 0; row < rows; row++)
                {
                    for (int i = 0; i < terms; i += T.Count)
                    {
                        T.Store(wideRows + (row * Chunk) + i, T.Load(x + ((long)row * k) + term + i));
                    }
                }

                if (rows == 1)
                {
                    OneInPairs<T>(chunk, wideRows, pairs, terms / 2);
                }
                else
                {
                    for (int i = 0; i < terms / 2 * width; i += T.Count)
                    {
                        Split(pairs + i, out T even, out T odd);
                        float* target = widePanel + (i / width * 2 * width) + (i % width);
                        T.Store(target, even);
                        T.Store(target + width, odd);
                    }

                    Tiles<T>(chunk, wideRows, Chunk, widePanel, rows, terms);
                }

                Add<T>(sums, chunk, rows, add);
                add = true;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void MultiplyPairs<T>(float* sums, uint* x, uint* panel, int rows, bool add)
            where T : unmanaged, ILanes<T>
        {
            float* chunk = stackalloc float[MostRows * WidestPanel];
            int stride = k / 2;
            for (int term = 0; term < k; term += Chunk)
            {
                int pairs = Math.Min(Chunk, k - term) / 2;
                for (int row = 0; row < rows; row += DotProductRows.MostRows)
                {
                    DotProductRows.Run(
                        chunk + (row * WidestPanel), x + ((long)row * stride) + (term / 2), stride,
                        panel + ((long)(term / 2) * WidestPanel), pairs, Math.Min(DotProductRows.MostRows, rows - row));
                }

                Add<T>(sums, chunk, rows, add);
                add = true;
            }
        }
    }

    // chunk (rows, width) = a (rows, terms), whose rows are strideA apart, times panel (terms, width).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tiles<T>(float* chunk, float* a, nint strideA, float* panel, int rows, int terms)
        where T : unmanaged, ILanes<T>
    {
        int width = 2 * T.Count, row = 0;
        for (; T.Registers == 32 && row + 8 <= rows; row += 8)
        {
            TileKernels.EightByTwo<T>(chunk + (row * width), width, a + (row * strideA), strideA, 1, panel, width, terms, TileStart.Zero, null);
        }

        for (; T.Registers < 32 && row + 6 <= rows; row += 6)
        {
            TileKernels.SixByTwo<T>(chunk + (row * width), width, a + (row * strideA), strideA, 1, panel, width, terms, TileStart.Zero, null);
        }

        for (; row + 4 <= rows; row += 4)
        {
            TileKernels.FourByTwo<T>(chunk + (row * width), width, a + (row * strideA), strideA, 1, panel, width, terms, TileStart.Zero, null);
        }

        for (; row < rows; row++)
        {
            One<T>(chunk + (row * width), a + (row * strideA), panel, terms);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<T>(float* sums, float* x, float* panel, int terms)
        where T : unmanaged, ILanes<T>
    {
        T sum0 = T.Zero, sum1 = T.Zero;
        float* end = x + terms, whole = x + (terms & -4);
        for (; x < whole; x += 4, panel += 8 * T.Count)
        {
            T factor = T.Scalar(x[0]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + T.Count), sum1);
            factor = T.Scalar(x[1]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel + (2 * T.Count)), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + (3 * T.Count)), sum1);
            factor = T.Scalar(x[2]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel + (4 * T.Count)), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + (5 * T.Count)), sum1);
            factor = T.Scalar(x[3]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel + (6 * T.Count)), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + (7 * T.Count)), sum1);
        }

        for (; x < end; x++, panel += 2 * T.Count)
        {
            T factor = T.Scalar(*x);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + T.Count), sum1);
        }

        T.Store(sums, sum0);
        T.Store(sums + T.Count, sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneInPairs<T>(float* sums, float* x, uint* panel, int pairs)
        where T : unmanaged, ILanes<T>
    {
        T sum0 = T.Zero, sum1 = T.Zero;
        for (int p = 0; p < pairs; p++, x += 2, panel += 2 * T.Count)
        {
            Split(panel, out T even0, out T odd0);
            Split(panel + T.Count, out T even1, out T odd1);
            T factor = T.Broadcast(x[0]);
            sum0 = T.MultiplyAdd(factor, even0, sum0);
            sum1 = T.MultiplyAdd(factor, even1, sum1);
            factor = T.Broadcast(x[1]);
            sum0 = T.MultiplyAdd(factor, odd0, sum0);
            sum1 = T.MultiplyAdd(factor, odd1, sum1);
        }

        T.Store(sums, sum0);
        T.Store(sums + T.Count, sum1);
    }

    // The two BF16 numbers of each pair, widened.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Split<T>(uint* pairs, out T first, out T second)
        where T : unmanaged, ILanes<T>
    {
        if (T.Count == 16)
        {
            Vector512<uint> words = Vector512.Load(pairs);
            first = Unsafe.BitCast<Vector512<uint>, T>(words << 16);
            second = Unsafe.BitCast<Vector512<uint>, T>(words & Vector512.Create(0xFFFF0000u));
        }
        else
        {
            Vector256<uint> words = Vector256.Load(pairs);
            first = Unsafe.BitCast<Vector256<uint>, T>(words << 16);
            second = Unsafe.BitCast<Vector256<uint>, T>(words & Vector256.Create(0xFFFF0000u));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(float* sums, float* chunk, int rows, bool add)
        where T : unmanaged, ILanes<T>
    {
        for (int i = 0; i < rows * 2 * T.Count; i += T.Count)
        {
            T.Store(sums + i, add ? T.Load(sums + i) + T.Load(chunk + i) : T.Load(chunk + i));
        }
    }
}
