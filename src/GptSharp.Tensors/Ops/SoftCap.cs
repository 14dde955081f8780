namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Bounds every element smoothly: y = cap tanh(x / cap).</summary>
    /// <param name="x">Logits, for example.</param>
    /// <param name="cap">The bound, above 0.</param>
    /// <exception cref="TensorException">A cap that is no bound.</exception>
    public static Tensor SoftCap(Tensor x, double cap)
    {
        if (!(cap > 0 && double.IsFinite(cap)))
        {
            throw new TensorException($"soft cap: the cap is {cap}; it must be a positive number.");
        }

        Step step = StepOf(x);
        return step.Record(new SoftCapOp(step.New(x.Shape, x.DType), x, cap));
    }
}

public partial interface IBackend
{
    /// <summary>y = cap tanh(x / cap).</summary>
    void SoftCap(Tensor y, Tensor x, double cap);

    /// <summary>dx = dy (1 - tanh²(x / cap)) + beta dx. With beta 0, dx may be x.</summary>
    void SoftCapBackward(Tensor dx, Tensor dy, Tensor x, double cap, float beta);
}

/// <summary>
/// Forward: y = c tanh(x / c). Backward: dx += dy (1 - tanh²(x / c)).
/// Saves x: made again from y, the slope near the bound would have lost its digits. dx takes its place where nobody else needs
/// it. FLOPs: about 10 per element; bytes: x and y once.
/// Gemma Team 2024, arXiv:2408.00118; Bello et al. 2016, arXiv:1611.09940.
/// </summary>
internal readonly record struct SoftCapOp(Tensor Y, Tensor X, double Cap) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("soft cap", "y <- x");

    public TensorList Operands => new(Y, X);

    public OpCost Cost => new(10.0 * Y.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(X);

    public void Execute(IBackend backend) => backend.SoftCap(Y, X, Cap);

    public void Backward(Step step)
    {
        if (step.TryAccumulateInPlace(X, out Tensor dx, out float beta))
        {
            step.Run(new SoftCapBackwardOp(dx, Y.Gradient, X, Cap, beta));
        }
    }
}

/// <summary>The backward pass of <see cref="SoftCapOp"/>. FLOPs: about 12 per element; bytes: dx, dy and x once.</summary>
internal readonly record struct SoftCapBackwardOp(Tensor Dx, Tensor Dy, Tensor X, double Cap, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("soft cap backward", "dx <- dy x");

    public TensorList Operands => new(Dx, Dy, X);

    public OpCost Cost => new(12.0 * X.Count, Operands.Bytes + OpCost.Reread(Dx, Beta));

    public void Execute(IBackend backend) => backend.SoftCapBackward(Dx, Dy, X, Cap, Beta);
}
