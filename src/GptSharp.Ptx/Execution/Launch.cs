namespace GptSharp.Ptx.Execution;

/// <summary>A kernel and the shape of its grid.</summary>
/// <param name="Program">What runs.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="DynamicSharedBytes">Bytes of dynamic shared memory.</param>
/// <param name="StepLimit">Most steps of a warp in a block.</param>
/// <param name="ShuffleSeed">Seed of the order of blocks and warps, or null for the order of their numbers.</param>
/// <param name="ChecksSynchronisation">Whether <c>.sync</c> instructions must find the lanes that they name.</param>
/// <param name="ChecksDivision">Whether a division by zero is an error.</param>
internal sealed record Launch(
    KernelProgram Program,
    Dimensions Grid,
    Dimensions Block,
    int DynamicSharedBytes,
    long StepLimit,
    int? ShuffleSeed,
    bool ChecksSynchronisation,
    bool ChecksDivision)
{
    /// <summary>Warps of a block.</summary>
    public int Warps { get; } = (int)((Block.Count + WarpSize.Lanes - 1) / WarpSize.Lanes);

    /// <summary>Bytes of shared memory of a block.</summary>
    public int SharedBytes { get; } = DynamicSharedBytes == 0
        ? Program.StaticSharedBytes
        : Program.DynamicSharedOffset + DynamicSharedBytes;
}
