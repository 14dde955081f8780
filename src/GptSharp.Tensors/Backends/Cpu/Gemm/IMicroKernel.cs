using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>The innermost loop of a product: one tile of the result in registers, the sum running over packed panels.</summary>
internal unsafe interface IMicroKernel
{
    /// <summary>Rows of the tile; its columns are two registers.</summary>
    static abstract int Rows { get; }

    /// <summary>Steps of the loop, each of them a float per line of a panel, for a number of terms.</summary>
    static abstract int Steps(int terms);

    /// <summary>Packs lines of a factor into panels as <see cref="Run"/> reads them: for each step the panel's lines side by side.</summary>
    /// <param name="target">(panels, steps, width); places beyond the edge become zero.</param>
    /// <param name="source">The lines.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="length">Terms.</param>
    /// <param name="width">Lines per panel.</param>
    /// <param name="panelStride">Floats from panel to panel.</param>
    static abstract void Pack<T, TFactor>(float* target, Lines<TFactor> source, int count, int length, int width, long panelStride)
        where T : unmanaged, ILanes<T>
        where TFactor : unmanaged;

    /// <summary>tile = sum over p of a[p, rows]ᵀ b[p, columns].</summary>
    /// <param name="tile">The result's corner.</param>
    /// <param name="stride">The result's leading dimension.</param>
    /// <param name="a">Packed panel, (steps, Rows).</param>
    /// <param name="b">Packed panel, (steps, two registers).</param>
    /// <param name="steps">Steps of the loop.</param>
    /// <param name="alpha">Factor of the sum.</param>
    /// <param name="add">Adds to the tile instead of overwriting it.</param>
    /// <param name="ahead">Memory to ask for meanwhile.</param>
    static abstract void Run<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add, ref ReadAhead ahead)
        where T : unmanaged, ILanes<T>;

    /// <summary>The same for the first <see cref="FewRowsTile.Rows"/> rows from <paramref name="a"/> on, which may lie inside a panel.</summary>
    static abstract void RunFew<T>(float* tile, long stride, float* a, float* b, int steps, float alpha, bool add)
        where T : unmanaged, ILanes<T>;
}
