namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>One half of each row, gated by a function of the other: GLU, bilinear, ReGLU, GEGLU, SwiGLU.</summary>
    /// <param name="x">(..., 2F): the gates in columns 0 ... F - 1, what they gate in the others.</param>
    /// <param name="gate">The function of the gates.</param>
    /// <returns>(..., F).</returns>
    /// <exception cref="TensorException">An odd number of columns.</exception>
    public static Tensor GatedUnit(Tensor x, ActivationFunction gate)
    {
        if (x.Shape.Last % 2 != 0)
        {
            throw new TensorException($"gated unit: x {x.Shape} has no two halves; its last axis must be even.");
        }

        Step step = StepOf(x);
        Tensor y = step.New(x.Shape.WithLast(x.Shape.Last / 2), x.DType);     // (..., F)
        return step.Record(new GatedUnitOp(y, x, gate));
    }
}

public partial interface IBackend
{
    /// <summary>y = f(a) b, row by row, with x = (a, b).</summary>
    void GatedUnit(Tensor y, Tensor x, ActivationFunction gate);

    /// <summary>dx = (f'(a) b dy, f(a) dy) + beta dx.</summary>
    void GatedUnitBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction gate, float beta);
}

/// <summary>
/// Forward, per row (a, b) of x: y = f(a) b. Backward: da += dy b f'(a), db += dy f(a).
/// Saves x. FLOPs: about 11 per output element forward, 22 backward; bytes: x and y once.
/// Shazeer 2020, arXiv:2002.05202.
/// </summary>
internal readonly record struct GatedUnitOp(Tensor Y, Tensor X, ActivationFunction Gate) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("gated unit", "y <- x");

    public TensorList Operands => new(Y, X);

    public OpCost Cost => new(11.0 * Y.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(X);

    public void Execute(IBackend backend) => backend.GatedUnit(Y, X, Gate);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(X, out Tensor dx, out float beta))
        {
            step.Run(new GatedUnitBackwardOp(dx, Y.Gradient, X, Gate, beta));
        }
    }
}

/// <summary>The backward pass of <see cref="GatedUnitOp"/>.</summary>
internal readonly record struct GatedUnitBackwardOp(Tensor Dx, Tensor Dy, Tensor X, ActivationFunction Gate, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("gated unit backward", "dx <- dy x");

    public TensorList Operands => new(Dx, Dy, X);

    public OpCost Cost => new(22.0 * Dy.Count, Operands.Bytes + OpCost.Reread(Dx, Beta));

    public void Execute(IBackend backend) => backend.GatedUnitBackward(Dx, Dy, X, Gate, Beta);
}
