namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>y = f(x Wᵀ + b), row by row: a layer and its activation function in one pass.</summary>
    /// <param name="x">(..., K).</param>
    /// <param name="weight">(N, K), one row per output.</param>
    /// <param name="bias">(N), or <see cref="Tensor.None"/>.</param>
    /// <param name="function">f.</param>
    /// <returns>(..., N).</returns>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor LinearActivation(Tensor x, Tensor weight, Tensor bias, ActivationFunction function) =>
        LinearActivation(x, weight, bias, function, StepOf(x).WillRecord(new TensorList(x, weight, bias)), out _);

    /// <inheritdoc cref="LinearActivation(Tensor, Tensor, Tensor, ActivationFunction)"/>
    /// <param name="x">(..., K).</param>
    /// <param name="weight">(N, K), one row per output.</param>
    /// <param name="bias">(N), or <see cref="Tensor.None"/>.</param>
    /// <param name="function">f.</param>
    /// <param name="preActivation">x Wᵀ + b, to look at; a step that does not record gradients would not keep it otherwise.</param>
    public static Tensor LinearActivation(
        Tensor x, Tensor weight, Tensor bias, ActivationFunction function, out Tensor preActivation) =>
        LinearActivation(x, weight, bias, function, keepsPre: true, out preActivation);

    private static Tensor LinearActivation(
        Tensor x, Tensor weight, Tensor bias, ActivationFunction function, bool keepsPre, out Tensor pre)
    {
        Shape shape = ShapeOfLinear(x, weight, bias);                              // (..., N)
        Step step = StepOf(x);
        pre = keepsPre ? step.New(shape, x.DType) : Tensor.None;                   // (..., N)
        Tensor y = step.New(shape, x.DType);                                       // (..., N)
        step.Run(new LinearActivationOp(y, pre, x, weight, bias, function));
        if (step.WillRecord(new TensorList(x, weight, bias)))
        {
            // Backward knows no fused operation: the layer and its function are on the tape as the two that they are.
            step.PutOnTape(new LinearOp(pre, x, weight, bias, Residual: Tensor.None, weight.Shape[0]));
            step.PutOnTape(new ActivationOp(y, pre, function));
            Step.RememberActivation(y, pre, function);
        }

        return y;
    }
}

public partial interface IBackend
{
    /// <summary>
    /// pre (M, N) = x (M, K) weightᵀ (K, N) + bias (N), rounded to its storage type, and y (M, N) = f(pre). The bias may be absent, and so
    /// may pre: then y has the same bits, and pre is not kept.
    /// </summary>
    void LinearActivation(Tensor y, Tensor pre, Tensor x, Tensor weight, Tensor bias, ActivationFunction function);

    /// <summary>dPre (M, K) = (dy (M, N) weight (N, K)) f'(pre), element by element, + beta dPre.</summary>
    void LinearBackwardInputActivation(Tensor dPre, Tensor dy, Tensor weight, Tensor pre, ActivationFunction function, float beta);
}

/// <summary>
/// Forward: pre = x Wᵀ + b, y = f(pre); see <see cref="LinearOp"/> and <see cref="ActivationOp"/>, which are on the tape in its place.
/// Backward: each layer that reads y writes dPre += (dy W) f'(pre) itself, with its own dy and W, so the gradient of y is never in
/// memory; other readers collect it as usual, and <see cref="ActivationOp"/> takes it from there. Saves pre; not kept where nothing is
/// recorded. FLOPs: 2 M N K and about 10 per element; bytes: x, W, b, pre and y once.
/// </summary>
internal readonly record struct LinearActivationOp(
    Tensor Y, Tensor Pre, Tensor X, Tensor Weight, Tensor Bias, ActivationFunction Function) : IOp
{
    public static OpInfo Info { get; } =
        OpInfo.Floats("linear activation", "y pre <- x weight bias").ReadsArranged("weight");

    public TensorList Operands => new(Y, Pre, X, Weight, Bias);

    public OpCost Cost => OpCost.Product(
        2.0 * X.Count * Y.Shape.Last, 2.0 * X.Count * Y.Shape.Last, Operands.Bytes, 10.0 * Y.Count);

    public void Execute(IBackend backend) => backend.LinearActivation(Y, Pre, X, Weight, Bias, Function);
}

/// <summary>
/// The gradient of a layer's input where that is the output of an activation function, taken past the function at once:
/// dPre += (dy W) f'(pre). FLOPs: 2 M N K and about 20 per element; bytes: dPre, dy, W and pre once.
/// </summary>
internal readonly record struct LinearBackwardInputActivationOp(
    Tensor DPre, Tensor Dy, Tensor Weight, Tensor Pre, ActivationFunction Function, int UsedOutputs, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("linear activation backward", "dPre <- dy weight pre");

    public TensorList Operands => new(DPre, Dy, Weight, Pre);

    public OpCost Cost => OpCost.Product(
        2.0 * DPre.Count * Dy.Shape.Last, 2.0 * DPre.Count * UsedOutputs, Operands.Bytes + OpCost.Reread(DPre, Beta), 20.0 * DPre.Count);

    public void Execute(IBackend backend) => backend.LinearBackwardInputActivation(DPre, Dy, Weight, Pre, Function, Beta);
}
