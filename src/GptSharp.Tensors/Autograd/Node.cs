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

/// <summary>A recorded entry of a known type; nodes are pooled, so recording allocates nothing after the first step.</summary>
internal sealed class Node<TEntry> : Node
    where TEntry : struct, ITapeEntry
{
    private TEntry _entry;

    public override Tensor Output => _entry.Output;

    public override TensorList Saved => _entry.Saved;

    public void Hold(in TEntry entry) => _entry = entry;

    public override void Backward(Step step) => _entry.Backward(step);
}
