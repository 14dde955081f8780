namespace GptSharp.Tensors;

/// <summary>
/// The operations of the engine as functions of tensors. Each has its own file with its formulas; all run in the innermost
/// open step.
/// </summary>
public static partial class Ops
{
    /// <summary>y = a + b, for tensors of one shape: the residual connection.</summary>
    /// <exception cref="TensorException">The shapes differ.</exception>
    public static Tensor Add(Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape)
        {
            throw new TensorException(
                $"add: the shapes {a.Shape} and {b.Shape} differ; both operands need the same shape, nothing is broadcast.");
        }

        Step step = StepOf(a);
        return step.Record(new AddOp(step.New(a.Shape, a.DType), a, b));
    }

    /// <summary>The innermost open step of the engine that a tensor lives on.</summary>
    public static Step StepOf(Tensor tensor) =>
        tensor.Arena?.Engine.CurrentStep
        ?? throw new TensorException("An operation was given an absent tensor (Tensor.None) as its main input.");
}

public partial interface IBackend
{
    /// <summary>y = a + b.</summary>
    void Add(Tensor y, Tensor a, Tensor b);
}

/// <summary>
/// Forward: y = a + b. Backward: da += dy, db += dy; both are passed dy itself, without a copy where possible.
/// Saves nothing. FLOPs: one per element; bytes: a, b and y once.
/// </summary>
internal readonly record struct AddOp(Tensor Y, Tensor A, Tensor B) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("add", "y <- a b");

    public TensorList Operands => new(Y, A, B);

    public OpCost Cost => new(Y.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => default;

    public void Execute(IBackend backend) => backend.Add(Y, A, B);

    public void Backward(Step step)
    {
        Tensor dy = Y.Gradient;
        step.PassGradient(A, dy);
        step.PassGradient(B, dy);
    }
}
