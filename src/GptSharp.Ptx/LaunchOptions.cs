using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx;

/// <summary>How a kernel is launched.</summary>
public sealed record LaunchOptions
{
    /// <summary>Most instructions of a warp in a block, unless the options say otherwise.</summary>
    public const long DefaultStepLimit = 200_000_000;

    /// <summary>Bytes of dynamic shared memory per block.</summary>
    public int SharedBytes { get; init; }

    /// <summary>What to look for.</summary>
    public Checks Checks { get; init; } = Checks.All;

    /// <summary>Most findings to collect; at 1 the first one ends the launch with a <see cref="KernelFaultException"/>.</summary>
    public int FindingLimit { get; init; } = 1;

    /// <summary>Whether to count instructions and accesses.</summary>
    public bool Counters { get; init; }

    /// <summary>Whether to move the results of approximate functions by their documented error bound.</summary>
    public bool Perturb { get; init; }

    /// <summary>How matrix products are rounded.</summary>
    public MmaModel Mma { get; init; } = MmaModel.Fast;

    /// <summary>Seed of a random order of blocks and warps; null for the order of their numbers.</summary>
    public int? ShuffleSeed { get; init; }

    /// <summary>Threads that run blocks; 0 for one per core.</summary>
    public int Workers { get; init; }

    /// <summary>Most instructions of a warp in a block: beyond it the loop is called endless.</summary>
    public long StepLimit { get; init; } = DefaultStepLimit;
}
