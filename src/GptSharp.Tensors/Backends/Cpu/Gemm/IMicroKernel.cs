using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>The innermost loop of a product: one tile of the result in registers, the sum running over packed panels.</summary>
internal unsafe interface IMicroKernel
{
    /// <summary>Rows of the tile; its columns are two registers.</summary>
    static abstract int Rows { get; }

    /// <summary>tile = sum over p of a[p, rows]ᵀ b[p, columns].</summary>
    /// <param name="tile">The result's corner.</param>
    /// <param name="stride">The result's leading dimension.</param>
    /// <param name="a">Packed panel, (length, Rows).</param>
    /// <param name="b">Packed panel, (length, two registers).</param>
    /// <param name="length">Terms of the sum.</param>
    /// <param name="alpha">Factor of the sum.</param>
    /// <param name="add">Adds to the tile instead of overwriting it.</param>
    static abstract void Run<T>(float* tile, long stride, float* a, float* b, int length, float alpha, bool add)
        where T : unmanaged, ILanes<T>;
}
