using GptSharp.Tensors.Backends.Cuda.Products;

namespace GptSharp.Tensors.Backends.Cuda;

/// <summary>How a <see cref="CudaBackend"/> works.</summary>
public sealed record CudaOptions
{
    /// <summary>
    /// Collects launches until the host copies something, and launches a sequence that came before as one graph. Off, each launch reaches
    /// the device at once, so that an error shows where it was made.
    /// </summary>
    public bool Graphs { get; init; } = true;

    /// <summary>
    /// Gives every matrix product that is large enough for tiles at all this one, whatever its size says: tests reach all kernels with small
    /// sizes. Null for <see cref="ProductRoute"/>'s choice.
    /// </summary>
    internal ProductTile? ProductTile { get; init; }

    /// <summary>
    /// Shared memory that LayerNorm and RMSNorm count with: tests and measurements reach the kernels of devices that have less. Null for what
    /// a block of the device can have.
    /// </summary>
    internal int? SharedBytesPerBlock { get; init; }
}
