using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// C (m, n) = alpha A (m, k) B (k, n) + beta C + bias, and an epilogue, added up in single precision and rounded to C's type once. Blocks
/// of both factors are packed into panels of floats and multiplied tile by tile in registers (Goto and van de Geijn 2008). The cut into tasks
/// depends on the sizes alone, so the bits do not depend on the number of threads. With alpha 1, and unless a is transposed, the bits of
/// a row do not depend on the number of rows either: a sequence is computed alike alone and in a batch.
/// </summary>
internal sealed unsafe class MatrixMultiplier : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly Scratch _partials;
    private readonly Scratch _blocks;
    private readonly Scratch _shared;
    private readonly HostMemory _owner;
    private readonly float* _panels;
    private readonly int _panelFloats;

    /// <summary>Takes the panels of every thread once; products allocate nothing but the first large workspace.</summary>
    public MatrixMultiplier(ThreadTeam team, HostMemory owner)
    {
        (_team, _owner) = (team, owner);
        (_partials, _blocks, _shared) = (new Scratch(owner), new Scratch(owner), new Scratch(owner));
        _panelFloats = GemmPlan.PanelFloats;
        _panels = (float*)owner.Allocate(PanelBytes);
    }

    /// <summary>Bytes of panels, partial sums and blocks of sums.</summary>
    public long WorkspaceBytes => PanelBytes + _partials.Bytes + _blocks.Bytes + _shared.Bytes;

    // Whole large pages.
    private long PanelBytes =>
        ((_panelFloats * sizeof(float) * (long)_team.ThreadCount) + HugePages.Bytes - 1) / HugePages.Bytes * HugePages.Bytes;

    /// <summary>Computes the product.</summary>
    /// <param name="c">(m, n) with leading dimension <paramref name="strideC"/>; not read when <paramref name="beta"/> is 0.</param>
    /// <param name="strideC">Leading dimension of c.</param>
    /// <param name="a">The left factor, (m, k) as multiplied.</param>
    /// <param name="b">The right factor, (k, n) as multiplied.</param>
    /// <param name="bias">(n), added to every row; or null.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c held.</param>
    /// <param name="epilogue">What becomes of the sums; its operand lies as c does. Only for an <paramref name="a"/> that lies as it is.</param>
    public void Run<TResult, TFactor>(
        TResult* c, int strideC, Factor<TFactor> a, Factor<TFactor> b, TFactor* bias, int m, int n, int k, float alpha = 1, float beta = 0,
        Epilogue<TResult> epilogue = default)
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        if (m == 0 || n == 0)
        {
            return;
        }

        bool inPairs = _team.Path == SimdPath.Avx512BF16 && typeof(TFactor) == typeof(BF16) && alpha == 1;
        if (!inPairs && IsFewRows(m, a.Layout, b.Layout))
        {
            FewRowsProduct.Run(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue, _team);
            return;
        }

        switch (_team.Path)
        {
            case SimdPath.Avx512BF16 when inPairs:
                Run<MicroKernelPairs, Lanes512, TResult, TFactor>(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue);
                break;
            case SimdPath.Avx512 or SimdPath.Avx512BF16:
                Run<MicroKernel12, Lanes512, TResult, TFactor>(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue);
                break;
            case SimdPath.Avx2:
                Run<MicroKernel6, Lanes256, TResult, TFactor>(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue);
                break;
            case SimdPath.Neon:
                Run<MicroKernelNeon, LanesNeon, TResult, TFactor>(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue);
                break;
            default:
                Run<MicroKernel6, Lanes128, TResult, TFactor>(c, strideC, a, b, bias, m, n, k, alpha, beta, epilogue);
                break;
        }
    }

    /// <summary>Whether sums are added up in the result itself.</summary>
    public static bool SumsInPlace<TResult>(in Epilogue<TResult> epilogue)
        where TResult : unmanaged => typeof(TResult) == typeof(float) && !epilogue.ReadsResult;

    /// <summary>Of a dry run: counts the workspace that a product would take.</summary>
    public void Reserve(int m, int n, int k, Operand a, Operand b, DType factors, bool sumsInPlace)
    {
        bool inPairs = _team.Path == SimdPath.Avx512BF16 && factors == DType.BF16;
        if (m == 0 || n == 0 || (!inPairs && IsFewRows(m, a, b)))
        {
            return;
        }

        (int rows, int columns) = _team.Path switch
        {
            SimdPath.Avx512 or SimdPath.Avx512BF16 => (MicroKernel12.Rows, 2 * Lanes512.Count),
            SimdPath.Avx2 => (MicroKernel6.Rows, 2 * Lanes256.Count),
            SimdPath.Neon => (MicroKernelNeon.Rows, 2 * LanesNeon.Count),
            _ => (MicroKernel6.Rows, 2 * Lanes128.Count),
        };
        var plan = new GemmPlan(m, n, k, rows, columns, a, b, sumsInPlace);
        (long partialCount, long blockCount) = Workspace(plan, m, n, k, sumsInPlace);
        _shared.Reserve<float>(plan.SharedFloats);
        _partials.Reserve<float>(partialCount);
        _blocks.Reserve<float>(blockCount);
    }

    /// <summary>Gives the workspace back.</summary>
    public void Dispose()
    {
        _owner.Free((nint)_panels, PanelBytes);
        _partials.Dispose();
        _blocks.Dispose();
        _shared.Dispose();
    }

    private static bool IsFewRows(int m, Operand a, Operand b) =>
        m <= FewRowsProduct.MaximumRows && a == Operand.AsIs && b == Operand.Transposed;

    // Floats of the slices' sums, and of the blocks in which sums wait to be stored: from round to round all of them must wait.
    private (long Partials, long Blocks) Workspace(GemmPlan plan, int m, int n, int k, bool sumsInPlace) =>
        plan.Slices > 1 ? ((long)plan.Slices * m * n, 0)
        : sumsInPlace ? (0, 0)
        : plan.RoundLength < k ? (0, (long)m * n)
        : (0, (long)plan.BlockElements * _team.ThreadCount);

    private void Run<TKernel, T, TResult, TFactor>(
        TResult* c, int strideC, Factor<TFactor> a, Factor<TFactor> b, TFactor* bias, int m, int n, int k, float alpha, float beta,
        Epilogue<TResult> epilogue)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        var plan = new GemmPlan(m, n, k, TKernel.Rows, 2 * T.Count, a.Layout, b.Layout, SumsInPlace(epilogue));
        (long partialCount, long blockCount) = Workspace(plan, m, n, k, SumsInPlace(epilogue));
        float* shared = _shared.Take<float>(plan.SharedFloats);
        if (plan.Slices > 1)
        {
            float* partials = _partials.Take<float>(partialCount);
            var slices = new GemmTask<float, TFactor>(partials, n, a, b, m, n, k, alpha, 0, null, default, plan);
            RunRound<TKernel, T, float, TFactor>(slices, PanelsOfA(0), PanelsOfB(0), plan, null, 0);
            SliceSum.Run(c, strideC, partials, plan.Slices, bias, m, n, beta, _team);
            return;
        }

        float* blocks = blockCount == 0 ? null : _blocks.Take<float>(blockCount);
        int blockStep = plan.RoundLength < k ? 0 : plan.BlockElements;
        var task = new GemmTask<TResult, TFactor>(c, strideC, a, b, m, n, k, alpha, beta, bias, epilogue, plan);
        int round = 0;
        do
        {
            RunRound<TKernel, T, TResult, TFactor>(task, PanelsOfA(round), PanelsOfB(round), plan, blocks, blockStep);
            round++;
        }
        while ((long)round * plan.RoundLength < k);

        SharedPanels<TFactor> PanelsOfA(int number) => new(plan.SharesRows ? shared : null, a, true, m, k, plan, number);

        SharedPanels<TFactor> PanelsOfB(int number) => new(plan.SharesColumns ? shared : null, b, false, n, k, plan, number);
    }

    private void RunRound<TKernel, T, TResult, TFactor>(
        GemmTask<TResult, TFactor> task, SharedPanels<TFactor> a, SharedPanels<TFactor> b, GemmPlan plan, float* blocks, int blockStep)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        _team.For(a.PieceCount + b.PieceCount, new PackBody<TKernel, T, TFactor>(a, b));
        _team.For(plan.TaskCount, new Body<TKernel, T, TResult, TFactor>(task, a, b, _panels, _panelFloats, blocks, blockStep, _team));
    }

    private readonly struct PackBody<TKernel, T, TFactor>(SharedPanels<TFactor> a, SharedPanels<TFactor> b) : IParallelBody
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
        where TFactor : unmanaged
    {
        public void Run(int index)
        {
            if (index < a.PieceCount)
            {
                a.Pack<TKernel, T>(index);
            }
            else
            {
                b.Pack<TKernel, T>(index - a.PieceCount);
            }
        }
    }

    private readonly struct Body<TKernel, T, TResult, TFactor>(
        GemmTask<TResult, TFactor> task, SharedPanels<TFactor> a, SharedPanels<TFactor> b, float* panels, int panelFloats, float* blocks,
        int blockStep, ThreadTeam team) : IParallelBody
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        public void Run(int index) => task.Run<TKernel, T>(
            index, a, b, panels + ((long)panelFloats * team.CurrentWorker), blocks + ((long)blockStep * team.CurrentWorker), team.ThreadCount);
    }
}
