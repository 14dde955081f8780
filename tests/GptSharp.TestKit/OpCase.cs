using GptSharp.Tensors;

namespace GptSharp.TestKit;

/// <summary>
/// One way of calling an operation. The same case drives the comparison of every backend with Reference, the comparison of
/// Reference with finite differences, the red zones, the repeatability and the allocation test.
/// </summary>
/// <param name="Name">Says what is special about it, usually the sizes.</param>
/// <param name="Body">Calls the operation on the inputs, in order.</param>
/// <param name="Inputs">What it is called with.</param>
public sealed record OpCase(string Name, Func<Tensor[], Tensor> Body, params OpInput[] Inputs)
{
    /// <summary>Whether dropout is on.</summary>
    public bool Training { get; init; }

    /// <summary>False for an operation without a gradient.</summary>
    public bool Differentiable { get; init; } = true;

    /// <summary>Largest relative L2 distance from Reference that float32 arithmetic is allowed.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>The step in which the case runs.</summary>
    public StepOptions StepOptions => new()
    {
        RecordGradients = Differentiable,
        Training = Training,
        Seed = 0x5eed,
        StepIndex = 3,
        FirstSample = 5,
    };

    /// <inheritdoc/>
    public override string ToString() => Name;
}
