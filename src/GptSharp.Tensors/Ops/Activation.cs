namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>The Gaussian error linear unit of every element.</summary>
    public static Tensor Gelu(Tensor x, GeluForm form = GeluForm.Tanh) => Activation(x, form.Function());

    /// <summary>A function of every element.</summary>
    public static Tensor Activation(Tensor x, ActivationFunction function)
    {
        Step step = StepOf(x);
        return step.Record(new ActivationOp(step.New(x.Shape, x.DType), x, function));
    }
}

public partial interface IBackend
{
    /// <summary>y = f(x).</summary>
    void Activation(Tensor y, Tensor x, ActivationFunction function);

    /// <summary>dx = f'(x) dy + beta dx.</summary>
    void ActivationBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction function, float beta);
}

/// <summary>
/// Forward: y = f(x), with f as <see cref="ActivationFunction"/> has it. Backward: dx += dy f'(x). With s = 1 / (1 + exp(-x)):
/// sigmoid' = s (1 - s); relu' = [x > 0]; swish' = s (1 + x (1 - s)); GELU, tanh form, u = sqrt(2/pi) (x + 0.044715 x³):
/// (1 + tanh u)/2 + x/2 (1 - tanh² u) u'; exact form: Phi(x) + x phi(x).
/// Saves x: cheaper than f'(x) and enough for all. FLOPs: about 10 per element; bytes: x and y once.
/// Hendrycks and Gimpel 2016, arXiv:1606.08415.
/// </summary>
internal readonly record struct ActivationOp(Tensor Y, Tensor X, ActivationFunction Function) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("activation", "y <- x");

    public TensorList Operands => new(Y, X);

    public OpCost Cost => new(10.0 * Y.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(X);

    public void Execute(IBackend backend) => backend.Activation(Y, X, Function);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(X, out Tensor dx, out float beta))
        {
            step.Run(new ActivationBackwardOp(dx, Y.Gradient, X, Function, beta));
        }
    }
}

/// <summary>The backward pass of <see cref="ActivationOp"/>. FLOPs: about 20 per element; bytes: dx, dy and x once.</summary>
internal readonly record struct ActivationBackwardOp(Tensor Dx, Tensor Dy, Tensor X, ActivationFunction Function, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("activation backward", "dx <- dy x");

    public TensorList Operands => new(Dx, Dy, X);

    public OpCost Cost => new(20.0 * X.Count, Operands.Bytes + OpCost.Reread(Dx, Beta));

    public void Execute(IBackend backend) => backend.ActivationBackward(Dx, Dy, X, Function, Beta);
}
