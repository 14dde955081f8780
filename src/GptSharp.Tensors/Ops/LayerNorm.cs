namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Normalises every row to mean 0 and variance 1, then scales and shifts it.</summary>
    /// <param name="x">(..., C).</param>
    /// <param name="weight">(C), the scale.</param>
    /// <param name="bias">(C), the shift, or <see cref="Tensor.None"/>.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias = default, double epsilon = 1e-5)
    {
        if (weight.Shape != x.Shape.Last || (!bias.IsNone && bias.Shape != x.Shape.Last))
        {
            throw new TensorException(
                $"layernorm: x {x.Shape} needs a weight and bias ({x.Shape.Last}), not {weight} and {bias}.");
        }

        Step step = StepOf(x);
        Shape rows = checked((int)x.Shape.Rows);
        Tensor y = step.New(x.Shape, x.DType);     // (..., C)
        Tensor mean = step.New(rows, x.DType.Statistics());     // (rows)
        Tensor rstd = step.New(rows, x.DType.Statistics());     // (rows)
        return step.Record(new LayerNormOp(y, mean, rstd, x, weight, bias, epsilon));
    }
}

public partial interface IBackend
{
    /// <summary>y = (x - mean) rstd weight + bias per row; mean and rstd are outputs.</summary>
    void LayerNorm(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double epsilon);

    /// <summary>Gradients of all three inputs; absent outputs are not computed, each has its own beta.</summary>
    void LayerNormBackward(
        Tensor dx, Tensor dWeight, Tensor dBias, Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        float betaX, float betaWeight, float betaBias);
}

/// <summary>
/// Forward, per row: xhat = (x - mean) rstd with rstd = 1/sqrt(var + eps), var the mean square deviation; y = xhat w + b.
/// Backward: g = dy w; dx += rstd (g - mean(g) - xhat mean(g xhat)); dw += sum over rows of dy xhat; db += sum of dy.
/// Saves x, mean and rstd: xhat costs one subtraction and one product to make again. FLOPs: about 8 per element forward, 14
/// backward; bytes: x and y once. Ba, Kiros and Hinton 2016, arXiv:1607.06450.
/// </summary>
internal readonly record struct LayerNormOp(
    Tensor Y, Tensor Mean, Tensor Rstd, Tensor X, Tensor Weight, Tensor Bias, double Epsilon) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("layernorm", "y mean rstd <- x weight bias", "A S S <- A A A");

    public TensorList Operands => new(Y, Mean, Rstd, X, Weight, Bias);

    public OpCost Cost => new(8.0 * X.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(X, Mean, Rstd, Weight);

    public void Execute(IBackend backend) => backend.LayerNorm(Y, Mean, Rstd, X, Weight, Bias, Epsilon);

    public void Backward(Step step)
    {
        Tensor dy = Y.Gradient;
        step.TryAccumulate(X, out Tensor dx, out float betaX);
        step.TryAccumulate(Weight, out Tensor dWeight, out float betaWeight);
        step.TryAccumulate(Bias, out Tensor dBias, out float betaBias);
        step.Run(new LayerNormBackwardOp(
            dx, dWeight, dBias, dy, X, Weight, Mean, Rstd, betaX, betaWeight, betaBias));
    }
}

/// <summary>The backward pass of <see cref="LayerNormOp"/>.</summary>
internal readonly record struct LayerNormBackwardOp(
    Tensor Dx, Tensor DWeight, Tensor DBias, Tensor Dy, Tensor X, Tensor Weight, Tensor Mean, Tensor Rstd,
    float BetaX, float BetaWeight, float BetaBias) : IOp
{
    public static OpInfo Info { get; } =
        OpInfo.Of("layernorm backward", "dx dWeight dBias <- dy x weight mean rstd", "A G G <- A A A S S");

    public TensorList Operands => new(Dx, DWeight, DBias, Dy, X, Weight, Mean, Rstd);

    public OpCost Cost => new(
        14.0 * X.Count,
        Operands.Bytes + OpCost.Reread(Dx, BetaX) + OpCost.Reread(DWeight, BetaWeight) + OpCost.Reread(DBias, BetaBias));

    public void Execute(IBackend backend) => backend.LayerNormBackward(
        Dx, DWeight, DBias, Dy, X, Weight, Mean, Rstd, BetaX, BetaWeight, BetaBias);
}
