namespace GptSharp.Tensors;

/// <summary>What one call of an operation costs, a function of its operands' shapes and types alone.</summary>
/// <param name="Flops">Floating-point operations that are executed, a multiply-add counted as two.</param>
/// <param name="Bytes">
/// The least that has to move between memory and processor: every operand once, and once more where a gradient is added to what is there.
/// </param>
public readonly record struct OpCost(double Flops, double Bytes)
{
    /// <summary>Of <see cref="Flops"/>, those of matrix products; of causal attention, those of the scores that a query may see.</summary>
    public double ProductFlops { get; private init; }

    /// <summary>
    /// The matrix products that the model asks for, however they are computed: attention over all positions that its window reaches, before
    /// and after; padding, and what backward only computes again, not counted (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
    /// </summary>
    public double ModelFlops { get; private init; }

    /// <summary>The cost of an operation that is a matrix product.</summary>
    /// <param name="executed">Floating-point operations that are executed.</param>
    /// <param name="model">Those that the model asks for.</param>
    /// <param name="bytes">Bytes that have to move.</param>
    /// <param name="elementwise">Operations on the elements of the result, executed beside the product.</param>
    public static OpCost Product(double executed, double model, double bytes, double elementwise = 0) =>
        new(executed + elementwise, bytes) { ProductFlops = executed, ModelFlops = model };

    /// <summary>Bytes of an output that is read before it is written, because the result is added to it.</summary>
    public static double Reread(Tensor output, float beta) => beta == 0 || output.IsNone ? 0 : output.Bytes;
}
