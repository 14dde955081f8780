using GptSharp.Ptx;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cuda.Emulation;

/// <summary>What the emulated device is, and how it runs kernels.</summary>
public sealed record EmulatorOptions
{
    /// <summary>What launches look for. Everything, unless speed matters more.</summary>
    public Checks Checks { get; init; } = Checks.All;

    /// <summary>Whether launches count instructions and accesses, for <see cref="ICudaDriver.Launched"/>.</summary>
    public bool Counters { get; init; }

    /// <summary>Threads that run the blocks of a launch; 0 for one per core.</summary>
    public int Workers { get; init; }

    /// <summary>Seed of a random order of blocks and warps; null for the order of their numbers.</summary>
    public int? ShuffleSeed { get; init; }

    /// <summary>How matrix products are rounded.</summary>
    public MmaModel Mma { get; init; } = MmaModel.Fast;

    /// <summary>Whether to move the results of approximate functions by their documented error bound.</summary>
    public bool Perturb { get; init; }

    /// <summary>Bytes of device memory.</summary>
    public long MemoryBytes { get; init; } = 16L << 30;

    /// <summary>Compute capability of the device, 80 for 8.0; modules for a later one are refused.</summary>
    public int Capability { get; init; } = 80;

    /// <summary>
    /// Registers that a thread can have. A kernel with more alive at once counts as one that spills into local memory
    /// (<see cref="CudaKernel.LocalBytes"/>), so that a program's way of dealing with it can be tried.
    /// </summary>
    public int RegistersPerThread { get; init; } = 255;

    internal LaunchOptions ForLaunch(int sharedBytes) => new()
    {
        SharedBytes = sharedBytes,
        Checks = Checks,
        Counters = Counters,
        Workers = Workers,
        ShuffleSeed = ShuffleSeed,
        Mma = Mma,
        Perturb = Perturb,
    };
}
