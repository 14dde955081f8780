namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>The Euclidean norm of all elements, for clipping. Not differentiable.</summary>
    /// <returns>One element.</returns>
    public static Tensor GradientNorm(Tensor gradients)
    {
        Step step = StepOf(gradients);
        Tensor norm = step.New(1, gradients.DType.Statistics());     // (1)
        step.Run(new GradientNormOp(norm, gradients));
        return norm;
    }
}

public partial interface IBackend
{
    /// <summary>norm = sqrt(sum of squares), summed in double precision and in a fixed order.</summary>
    void GradientNorm(Tensor norm, Tensor gradients);
}

/// <summary>Forward: norm = sqrt(sum g²). FLOPs: two per element; bytes: g once.</summary>
internal readonly record struct GradientNormOp(Tensor Norm, Tensor Gradients) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("gradient norm", "norm <- gradients", "S <- A");

    public TensorList Operands => new(Norm, Gradients);

    public OpCost Cost => new(2.0 * Gradients.Count, Operands.Bytes);

    public void Execute(IBackend backend) => backend.GradientNorm(Norm, Gradients);
}
