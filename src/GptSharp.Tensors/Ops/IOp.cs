namespace GptSharp.Tensors;

/// <summary>
/// One call of a backend: a small struct that holds the operands and scalars, says what it costs, and runs itself. All of
/// them pass through <see cref="Step.Run"/>, where checking, accounting and profiling are written once.
/// </summary>
public interface IOp
{
    /// <summary>Name, operand names and accepted storage types.</summary>
    static abstract OpInfo Info { get; }

    /// <summary>All operands in the order of <see cref="Info"/>: outputs, then inputs; absent ones as <see cref="Tensor.None"/>.</summary>
    TensorList Operands { get; }

    /// <summary>What the call costs.</summary>
    OpCost Cost { get; }

    /// <summary>Computes the outputs.</summary>
    void Execute(IBackend backend);
}

/// <summary>An operation that the tape can run backward.</summary>
public interface IDifferentiableOp : IOp, ITapeEntry;

/// <summary>What the tape runs backward: one operation, or several that were executed together.</summary>
public interface ITapeEntry
{
    /// <summary>The output whose gradient arrives.</summary>
    Tensor Output { get; }

    /// <summary>What backward reads: these buffers are kept until then.</summary>
    TensorList Saved { get; }

    /// <summary>Adds this operation's part to the gradients of its inputs, given <c>Output.Gradient</c>.</summary>
    void Backward(Step step);
}
