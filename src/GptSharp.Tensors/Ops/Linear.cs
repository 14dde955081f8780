namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>y = x Wᵀ + b + r, row by row.</summary>
    /// <param name="x">(..., K).</param>
    /// <param name="weight">(N, K), one row per output.</param>
    /// <param name="bias">(N), or <see cref="Tensor.None"/>.</param>
    /// <param name="residual">(..., N), what the result is added to (the residual connection), or <see cref="Tensor.None"/>.</param>
    /// <param name="usedOutputs">
    /// How many of the N outputs are not padding, for accounting: only these are arithmetic that the model asks for. Null for all.
    /// </param>
    /// <returns>(..., N).</returns>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor bias = default, Tensor residual = default, int? usedOutputs = null)
    {
        Shape shape = ShapeOfLinear(x, weight, bias);  // (..., N)
        if (!residual.IsNone && residual.Shape != shape)
        {
            throw new TensorException($"linear: the residual of a result {shape} has that shape, not {residual.Shape}.");
        }

        Step step = StepOf(x);
        return step.Record(new LinearOp(step.New(shape, x.DType), x, weight, bias, residual, usedOutputs ?? weight.Shape[0]));
    }

    private static Shape ShapeOfLinear(Tensor x, Tensor weight, Tensor bias)
    {
        if (weight.Shape.Rank != 2 || x.Shape.Last != weight.Shape[1])
        {
            throw new TensorException($"linear: x {x.Shape} needs a weight (N, {x.Shape.Last}), not {weight.Shape}.");
        }

        if (!bias.IsNone && bias.Shape != weight.Shape[0])
        {
            throw new TensorException($"linear: the bias of a weight {weight.Shape} has shape ({weight.Shape[0]}), not {bias.Shape}.");
        }

        return x.Shape.WithLast(weight.Shape[0]);
    }
}

public partial interface IBackend
{
    /// <summary>y (M, N) = x (M, K) weightᵀ (K, N) + bias (N) + residual (M, N); the last two may be absent.</summary>
    void Linear(Tensor y, Tensor x, Tensor weight, Tensor bias, Tensor residual);

    /// <summary>dx (M, K) = dy (M, N) weight (N, K) + beta dx.</summary>
    void LinearBackwardInput(Tensor dx, Tensor dy, Tensor weight, float beta);

    /// <summary>dWeight (N, K) = dyᵀ (N, M) x (M, K) + beta dWeight.</summary>
    void LinearBackwardWeight(Tensor dWeight, Tensor dy, Tensor x, float beta);

    /// <summary>dBias (N) = column sums of dy (M, N) + beta dBias.</summary>
    void LinearBackwardBias(Tensor dBias, Tensor dy, float beta);
}

/// <summary>
/// Forward: y = x Wᵀ + b + r, M rows. Backward: dx += dy W, dW += dyᵀ x, db += column sums of dy, dr += dy (passed on without a copy
/// where possible). Where x is an activation function's output, dx goes straight to what the function was applied to, see
/// <see cref="LinearActivationOp"/>. Saves x (for dW) and W (a parameter, there anyway). FLOPs: 2 M N K forward, the same for dx and for
/// dW, and M N for r; bytes: x, W, b, r and y once.
/// </summary>
internal readonly record struct LinearOp(Tensor Y, Tensor X, Tensor Weight, Tensor Bias, Tensor Residual, int UsedOutputs) : IDifferentiableOp
{
    public static OpInfo Info { get; } =
        OpInfo.Floats("linear", "y <- x weight bias residual").ReadsArranged("weight");

    public TensorList Operands => new(Y, X, Weight, Bias, Residual);

    public OpCost Cost => OpCost.Product(
        2.0 * X.Count * Y.Shape.Last, 2.0 * X.Count * UsedOutputs, Operands.Bytes, Residual.IsNone ? 0 : Y.Count);

    public Tensor Output => Y;

    public TensorList Saved => new(X, Weight);

    public void Execute(IBackend backend) => backend.Linear(Y, X, Weight, Bias, Residual);

    public void Backward(Step step)
    {
        Tensor dy = Y.Gradient;
        step.PassGradient(Residual, dy);
        if (step.FindActivation(X, out Tensor pre, out ActivationFunction function))
        {
            if (step.TryAccumulate(pre, out Tensor dPre, out float beta))
            {
                step.Run(new LinearBackwardInputActivationOp(dPre, dy, Weight, pre, function, UsedOutputs, beta));
            }
        }
        else if (step.TryAccumulate(X, out Tensor dx, out float betaX))
        {
            step.Run(new LinearBackwardInputOp(dx, dy, Weight, UsedOutputs, betaX));
        }

        if (step.TryAccumulate(Weight, out Tensor dWeight, out float betaWeight))
        {
            step.Run(new LinearBackwardWeightOp(dWeight, dy, X, UsedOutputs, betaWeight));
        }

        if (step.TryAccumulate(Bias, out Tensor dBias, out float betaBias))
        {
            step.Run(new LinearBackwardBiasOp(dBias, dy, betaBias));
        }
    }
}

/// <summary>The gradient of <see cref="LinearOp"/>'s input.</summary>
internal readonly record struct LinearBackwardInputOp(Tensor Dx, Tensor Dy, Tensor Weight, int UsedOutputs, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("linear backward input", "dx <- dy weight");

    public TensorList Operands => new(Dx, Dy, Weight);

    public OpCost Cost => OpCost.Product(
        2.0 * Dx.Count * Dy.Shape.Last, 2.0 * Dx.Count * UsedOutputs, Operands.Bytes + OpCost.Reread(Dx, Beta));

    public void Execute(IBackend backend) => backend.LinearBackwardInput(Dx, Dy, Weight, Beta);
}

/// <summary>The gradient of <see cref="LinearOp"/>'s weight.</summary>
internal readonly record struct LinearBackwardWeightOp(Tensor DWeight, Tensor Dy, Tensor X, int UsedOutputs, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("linear backward weight", "dWeight <- dy x", "G <- A A");

    public TensorList Operands => new(DWeight, Dy, X);

    public OpCost Cost => OpCost.Product(
        2.0 * X.Count * Dy.Shape.Last, 2.0 * X.Count * UsedOutputs, Operands.Bytes + OpCost.Reread(DWeight, Beta));

    public void Execute(IBackend backend) => backend.LinearBackwardWeight(DWeight, Dy, X, Beta);
}

/// <summary>The gradient of <see cref="LinearOp"/>'s bias.</summary>
internal readonly record struct LinearBackwardBiasOp(Tensor DBias, Tensor Dy, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("linear backward bias", "dBias <- dy", "G <- A");

    public TensorList Operands => new(DBias, Dy);

    public OpCost Cost => new(Dy.Count, Operands.Bytes + OpCost.Reread(DBias, Beta));

    public void Execute(IBackend backend) => backend.LinearBackwardBias(DBias, Dy, Beta);
}
