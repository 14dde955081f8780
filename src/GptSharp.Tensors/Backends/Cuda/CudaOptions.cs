namespace GptSharp.Tensors.Backends.Cuda;

/// <summary>How a <see cref="CudaBackend"/> works.</summary>
public sealed record CudaOptions
{
    /// <summary>
    /// Collects launches until the host copies something, and launches a sequence that came before as one graph. Off, each launch reaches
    /// the device at once, so that an error shows where it was made.
    /// </summary>
    public bool Graphs { get; init; } = true;
}
