using System.Runtime.InteropServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// C (m, n) = alpha A (m, k) B (k, n) + beta C + bias, in single precision. Blocks of both factors are packed into panels and
/// multiplied tile by tile in registers (Goto and van de Geijn 2008). The cut into tasks depends on the sizes alone, so the bits
/// do not depend on the number of threads. With alpha 1, and unless a is transposed, the bits of a row do not depend on the number of
/// rows either: a sequence is computed alike alone and in a batch.
/// </summary>
internal sealed unsafe class MatrixMultiplier : IDisposable
{
    private readonly ThreadTeam _team;
    private readonly Scratch _partials = new();
    private readonly float* _panels;
    private readonly int _panelFloats;

    /// <summary>Takes the panels of every thread once; products allocate nothing but the first large workspace.</summary>
    public MatrixMultiplier(ThreadTeam team)
    {
        _team = team;
        _panelFloats = GemmTask.PanelFloats;
        _panels = (float*)NativeMemory.AlignedAlloc((nuint)_panelFloats * sizeof(float) * (nuint)team.ThreadCount, 64);
    }

    /// <summary>Bytes of panels and partial sums.</summary>
    public long WorkspaceBytes => ((long)_panelFloats * sizeof(float) * _team.ThreadCount) + _partials.Bytes;

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
    public void Run(
        float* c, int strideC, Factor a, Factor b, float* bias, int m, int n, int k, float alpha = 1, float beta = 0)
    {
        if (m == 0 || n == 0)
        {
            return;
        }

        if (m <= FewRowsProduct.MaximumRows && a.Layout == Operand.AsIs && b.Layout == Operand.Transposed)
        {
            FewRowsProduct.Run(c, strideC, a, b, bias, m, n, k, alpha, beta, _team);
            return;
        }

        switch (_team.Path)
        {
            case SimdPath.Avx512:
                Run<MicroKernel12, Lanes512>(c, strideC, a, b, bias, m, n, k, alpha, beta);
                break;
            case SimdPath.Avx2:
                Run<MicroKernel6, Lanes256>(c, strideC, a, b, bias, m, n, k, alpha, beta);
                break;
            default:
                Run<MicroKernel6, Lanes128>(c, strideC, a, b, bias, m, n, k, alpha, beta);
                break;
        }
    }

    /// <summary>Gives the workspace back.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_panels);
        _partials.Dispose();
    }

    private void Run<TKernel, T>(
        float* c, int strideC, Factor a, Factor b, float* bias, int m, int n, int k, float alpha, float beta)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        var plan = new GemmPlan(m, n, k, TKernel.Rows, 2 * T.Count, maySlice: a.Layout == Operand.Transposed);
        bool isSliced = plan.Slices > 1;
        float* partials = isSliced ? _partials.Take<float>((long)plan.Slices * m * n) : null;
        var task = new GemmTask(
            isSliced ? partials : c, isSliced ? n : strideC, a, b, m, n, k, alpha, isSliced ? 0 : beta, isSliced ? null : bias, plan);
        _team.For(plan.TaskCount, new Body<TKernel, T>(task, _panels, _panelFloats, _team));
        if (isSliced)
        {
            SliceSum.Run(c, strideC, partials, plan.Slices, bias, m, n, beta, _team);
        }
    }

    private readonly struct Body<TKernel, T>(GemmTask task, float* panels, int panelFloats, ThreadTeam team) : IParallelBody
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        public void Run(int index) => task.Run<TKernel, T>(index, panels + ((long)panelFloats * team.CurrentWorker));
    }
}
