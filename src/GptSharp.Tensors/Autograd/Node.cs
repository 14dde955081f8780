namespace GptSharp.Tensors.Autograd;

/// <summary>An operation on the tape, waiting for backward.</summary>
internal abstract class Node
{
    /// <summary>The tensor whose gradient the node consumes.</summary>
    public abstract Tensor Output { get; }

    /// <summary>Buffers that must live until the node has run backward.</summary>
    public abstract TensorList Saved { get; }

    public abstract void Backward(Step step);
}

/// <summary>A recorded operation of a known type; nodes are pooled, so recording allocates nothing after the first step.</summary>
internal sealed class Node<TOp> : Node
    where TOp : struct, IDifferentiableOp
{
    private TOp _op;

    public override Tensor Output => _op.Output;

    public override TensorList Saved => _op.Saved;

    public void Hold(in TOp op) => _op = op;

    public override void Backward(Step step) => _op.Backward(step);
}
