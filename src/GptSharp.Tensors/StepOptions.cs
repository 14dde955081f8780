namespace GptSharp.Tensors;

/// <summary>What one forward (and backward) pass is for.</summary>
public readonly record struct StepOptions
{
    /// <summary>Records a tape, so that <see cref="Step.Backward(Tensor)"/> can run.</summary>
    public bool RecordGradients { get; init; }

    /// <summary>
    /// Promises that the step has one loss, and that backward starts at it: an operation that ends in the loss may then compute gradients
    /// along with it, instead of computing again in backward what it did not keep.
    /// </summary>
    public bool StartsAtLoss { get; init; }

    /// <summary>Switches dropout on.</summary>
    public bool Training { get; init; }

    /// <summary>Seed of all random numbers of the run.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number of the optimizer step: part of the key of every random number.</summary>
    public uint StepIndex { get; init; }

    /// <summary>Index in the global batch of this step's first sample, so that masks do not depend on the micro-batch.</summary>
    public uint FirstSample { get; init; }

    /// <summary>Forward and backward from the one loss, dropout on.</summary>
    public static StepOptions Train(ulong seed, uint stepIndex, uint firstSample) => new()
    {
        RecordGradients = true,
        StartsAtLoss = true,
        Training = true,
        Seed = seed,
        StepIndex = stepIndex,
        FirstSample = firstSample,
    };

    /// <summary>Forward only, dropout off.</summary>
    public static StepOptions Evaluate => default;
}
