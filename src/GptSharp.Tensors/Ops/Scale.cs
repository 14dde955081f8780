namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>y = factor x.</summary>
    public static Tensor Scale(Tensor x, double factor)
    {
        Step step = StepOf(x);
        return step.Record(new ScaleOp(step.New(x.Shape, x.DType), x, factor, 0));
    }
}

public partial interface IBackend
{
    /// <summary>y = factor x + beta y; y is not read when beta is 0.</summary>
    void Scale(Tensor y, Tensor x, double factor, float beta);
}

/// <summary>
/// Forward: y = factor x + beta y. Backward (recorded with beta 0): dx += factor dy.
/// Saves nothing. FLOPs: one per element; bytes: x and y once, y once more when beta is not 0.
/// </summary>
internal readonly record struct ScaleOp(Tensor Y, Tensor X, double Factor, float Beta) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("scale", "y <- x", "G <- A");

    public TensorList Operands => new(Y, X);

    public OpCost Cost => new(Y.Count, Operands.Bytes + OpCost.Reread(Y, Beta));

    public Tensor Output => Y;

    public TensorList Saved => default;

    public void Execute(IBackend backend) => backend.Scale(Y, X, Factor, Beta);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(X, out Tensor dx, out float beta))
        {
            step.Run(new ScaleOp(dx, Y.Gradient, Factor, beta));
        }
    }
}
