namespace GptSharp.Tensors;

/// <summary>How an <see cref="Engine"/> behaves.</summary>
public sealed record EngineOptions
{
    /// <summary>For tests: poison new buffers and check that nothing writes outside them.</summary>
    public bool GuardMemory { get; init; }

    /// <summary>Note at the start of each backward pass which operations' activations are alive (costs a little time).</summary>
    public bool TrackActivations { get; init; }
}
