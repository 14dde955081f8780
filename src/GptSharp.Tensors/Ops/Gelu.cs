namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>The Gaussian error linear unit of every element.</summary>
    public static Tensor Gelu(Tensor x, GeluForm form = GeluForm.Tanh)
    {
        Step step = StepOf(x);
        return step.Record(new GeluOp(step.New(x.Shape, x.DType), x, form));
    }
}

public partial interface IBackend
{
    /// <summary>y = gelu(x).</summary>
    void Gelu(Tensor y, Tensor x, GeluForm form);

    /// <summary>dx = gelu'(x) dy + beta dx.</summary>
    void GeluBackward(Tensor dx, Tensor dy, Tensor x, GeluForm form, float beta);
}

/// <summary>
/// Forward, tanh form: y = x/2 (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3); exact form: y = x Phi(x).
/// Backward: dx += dy y'(x); tanh form y' = (1 + tanh u)/2 + x/2 (1 - tanh^2 u) u', exact form y' = Phi(x) + x phi(x).
/// Saves x: cheaper than y' and enough for both. FLOPs: about 10 per element; bytes: x and y once.
/// Hendrycks and Gimpel 2016, arXiv:1606.08415.
/// </summary>
internal readonly record struct GeluOp(Tensor Y, Tensor X, GeluForm Form) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("gelu", "y <- x");

    public TensorList Operands => new(Y, X);

    public double Flops => 10.0 * Y.Count;

    public Tensor Output => Y;

    public TensorList Saved => new(X);

    public void Execute(IBackend backend) => backend.Gelu(Y, X, Form);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(X, out Tensor dx, out float beta))
        {
            step.Run(new GeluBackwardOp(dx, Y.Gradient, X, Form, beta));
        }
    }
}

/// <summary>The backward pass of <see cref="GeluOp"/>. FLOPs: about 20 per element; bytes: dx, dy and x once.</summary>
internal readonly record struct GeluBackwardOp(Tensor Dx, Tensor Dy, Tensor X, GeluForm Form, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("gelu backward", "dx <- dy x");

    public TensorList Operands => new(Dx, Dy, X);

    public double Flops => 20.0 * X.Count;

    public void Execute(IBackend backend) => backend.GeluBackward(Dx, Dy, X, Form, Beta);
}
