using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
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

    // Room for the most rows is on the stack, and a single one must not pay for zeros in all of it, panel after panel.
    [SkipLocalsInit]
    private readonly struct Kernel<TStorage>(
        TStorage* c, TStorage* a, TStorage* weight, TStorage* bias, int m, int n, int k, Epilogue<TStorage> epilogue, bool inPairs,
        int* done, int threads) : ILaneKernel
        where TStorage : unmanaged
    {
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int panels = n / (2 * T.Count), atOnce = PanelsAtOnce<T>(), steps = (panels + atOnce - 1) / atOnce;
            for (int i = 0; i < threads; i++)
            {
                int run = (part + i) % threads;
                int first = (int)((long)run * steps / threads), count = (int)((run + 1L) * steps / threads) - first;
                for (int next; (next = Interlocked.Increment(ref done[run * CounterStep]) - 1) < count;)
                {
                    int index = (first + next) * atOnce;
                    Panels<T>(index, Math.Min(atOnce, panels - index));
                }
            }
        }

        // A row in widened pairs adds to each register twice a pair: with two registers their latency, not memory, would set the pace. Those of
        // 512 bits are long enough.
        private int PanelsAtOnce<T>()
            where T : unmanaged, ILanes<T> =>
            typeof(TStorage) == typeof(BF16) && !inPairs && m == 1 && T.Count < 16 ? 2 : 1;

        private void Panels<T>(int index, int count)
            where T : unmanaged, ILanes<T>
        {
            float* sums = stackalloc float[MostRows * WidestPanel];     // (rows, width)
            int column = index * 2 * T.Count, width = count * 2 * T.Count;
            TStorage* panel = weight + ((long)column * k);
            if (bias != null && Sse.IsSupported)
            {
                Sse.Prefetch0(bias + column + width);     // of the next panel: to wait for it would hold up the weights behind it
            }

            for (int row = 0; row < m; row += MostRows)
            {
                int rows = Math.Min(MostRows, m - row);
                TStorage* x = a + ((long)row * k);
                bool add = Start<T>(sums, column, rows, width);
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
                    MultiplyWidened<T>(sums, x, (uint*)panel, rows, count, add);
                }

                epilogue.Run<T>(c, n, ((long)row * n) + column, sums, width, rows, width);
            }
        }

        // What the products are added to; false for nothing.
        private bool Start<T>(float* sums, int column, int rows, int width)
            where T : unmanaged, ILanes<T>
        {
            if (bias == null && k > 0)
            {
                return false;
            }

            for (int row = 0; row < rows; row++, sums += width)
            {
                for (int i = 0; i < width; i += T.Count)
                {
                    T.Store(sums + i, bias == null ? T.Zero : T.Load(bias + column + i));
                }
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
                PanelLoops.Tiles<T>(chunk, x + term, k, panel + ((long)term * width), rows, Math.Min(Chunk, k - term));
                PanelLoops.Add<T>(sums, chunk, rows, add);
                add = true;
            }
        }

        // Pairs of terms side by side; their rows are widened first, and of several rows a chunk of the panel. A single row goes through one
        // panel or two.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void MultiplyWidened<T>(float* sums, TStorage* x, uint* panel, int rows, int panels, bool add)
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

                if (panels == 2)
                {
                    PanelLoops.OneInPairs<T>(chunk, wideRows, pairs, pairs + ((long)(k / 2) * width), terms / 2);
                }
                else if (rows == 1)
                {
                    PanelLoops.OneInPairs<T>(chunk, wideRows, pairs, terms / 2);
                }
                else
                {
                    for (int i = 0; i < terms / 2 * width; i += T.Count)
                    {
                        PanelLoops.Split(pairs + i, out T even, out T odd);
                        float* target = widePanel + (i / width * 2 * width) + (i % width);
                        T.Store(target, even);
                        T.Store(target + width, odd);
                    }

                    PanelLoops.Tiles<T>(chunk, wideRows, Chunk, widePanel, rows, terms);
                }

                PanelLoops.Add<T>(sums, chunk, rows * panels, add);
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

                PanelLoops.Add<T>(sums, chunk, rows, add);
                add = true;
            }
        }
    }
}
