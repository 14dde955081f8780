namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Divides every row by its root mean square, then scales it.</summary>
    /// <param name="x">(..., C).</param>
    /// <param name="weight">(C), the scale.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor RMSNorm(Tensor x, Tensor weight, double epsilon = 1e-5)
    {
        if (weight.Shape != x.Shape.Last)
        {
            throw new TensorException($"rmsnorm: x {x.Shape} needs a weight ({x.Shape.Last}), not {weight}.");
        }

        Step step = StepOf(x);
        Tensor y = step.New(x.Shape, x.DType);                                                 // (..., C)
        Tensor rrms = step.New(checked((int)x.Shape.Rows), x.DType.Statistics());              // (rows)
        return step.Record(new RMSNormOp(y, rrms, x, weight, epsilon));
    }
}

public partial interface IBackend
{
    /// <summary>y = x rrms weight per row; rrms is an output.</summary>
    void RMSNorm(Tensor y, Tensor rrms, Tensor x, Tensor weight, double epsilon);

    /// <summary>Gradients of both inputs; absent outputs are not computed, each has its own beta.</summary>
    void RMSNormBackward(
        Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor weight, Tensor rrms, float betaX, float betaWeight);
}

/// <summary>
/// Forward, per row: y = x r w with r = 1/sqrt(mean(x²) + eps). Backward: g = dy w; dx += r (g - xhat mean(g xhat)) with xhat = x r;
/// dw += sum over rows of dy xhat. Saves x and r. FLOPs: about 4 per element forward, 10 backward; bytes: x and y once.
/// Zhang and Sennrich 2019, arXiv:1910.07467.
/// </summary>
internal readonly record struct RMSNormOp(Tensor Y, Tensor Rrms, Tensor X, Tensor Weight, double Epsilon) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("rmsnorm", "y rrms <- x weight", "A S <- A A");

    public TensorList Operands => new(Y, Rrms, X, Weight);

    public OpCost Cost => new(4.0 * X.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(X, Rrms, Weight);

    public void Execute(IBackend backend) => backend.RMSNorm(Y, Rrms, X, Weight, Epsilon);

    public void Backward(Step step)
    {
        step.TryAccumulate(X, out Tensor dx, out float betaX);
        step.TryAccumulate(Weight, out Tensor dWeight, out float betaWeight);
        step.Run(new RMSNormBackwardOp(dx, dWeight, Y.Gradient, X, Weight, Rrms, betaX, betaWeight));
    }
}

/// <summary>The backward pass of <see cref="RMSNormOp"/>.</summary>
internal readonly record struct RMSNormBackwardOp(
    Tensor Dx, Tensor DWeight, Tensor Dy, Tensor X, Tensor Weight, Tensor Rrms, float BetaX, float BetaWeight) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("rmsnorm backward", "dx dWeight <- dy x weight rrms", "A G <- A A A S");

    public TensorList Operands => new(Dx, DWeight, Dy, X, Weight, Rrms);

    public OpCost Cost => new(10.0 * X.Count, Operands.Bytes + OpCost.Reread(Dx, BetaX) + OpCost.Reread(DWeight, BetaWeight));

    public void Execute(IBackend backend) => backend.RMSNormBackward(Dx, DWeight, Dy, X, Weight, Rrms, BetaX, BetaWeight);
}
