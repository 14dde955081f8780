using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution;

/// <summary>The shapes that a launch may have.</summary>
internal static class LaunchLimits
{
    private const int MostThreads = 1024;
    private const int MostThreadsZ = 64;
    private const int MostBlocksYZ = 65535;

    // 227 KB: what Hopper and Blackwell, the most generous ones, give to one block.
    private const int MostSharedBytes = 227 * 1024;

    /// <summary>Checks a launch against the hardware's limits and what the kernel declares.</summary>
    /// <exception cref="PtxException">It does not fit.</exception>
    public static void Check(PtxKernel kernel, Dimensions grid, Dimensions block)
    {
        if (grid.X < 1 || grid.Y < 1 || grid.Z < 1 || grid.Y > MostBlocksYZ || grid.Z > MostBlocksYZ)
        {
            throw new PtxException($"The grid {grid} is not possible: 1 block at least in each direction, {MostBlocksYZ} at most in y and z.");
        }

        if (block.X < 1 || block.Y < 1 || block.Z < 1 || block.Z > MostThreadsZ || block.Count > MostThreads)
        {
            throw new PtxException($"The block {block} is not possible: 1 to {MostThreads} threads, {MostThreadsZ} at most in z.");
        }

        foreach (DirectiveSyntax directive in kernel.Syntax.Directives)
        {
            if (directive.Name is "reqntid" && Extents(directive) != block)
            {
                throw new PtxException($"The kernel {kernel.Name} requires blocks of {Extents(directive)} threads (.reqntid), not {block}.");
            }

            if (directive.Name is "maxntid" && Extents(directive).Count < block.Count)
            {
                throw new PtxException($"The kernel {kernel.Name} allows at most {Extents(directive).Count} threads per block (.maxntid), not {block.Count}.");
            }
        }
    }

    /// <summary>Checks the shared memory of a block, static and dynamic together.</summary>
    /// <exception cref="PtxException">No GPU has so much.</exception>
    public static void CheckShared(string kernel, long bytes)
    {
        if (bytes is < 0 or > MostSharedBytes)
        {
            throw new PtxException($"The kernel {kernel} would have {bytes} bytes of shared memory per block, of {MostSharedBytes} at most.");
        }
    }

    private static Dimensions Extents(DirectiveSyntax directive) => new(
        (int)directive.Values.ElementAtOrDefault(0),
        directive.Values.Count > 1 ? (int)directive.Values[1] : 1,
        directive.Values.Count > 2 ? (int)directive.Values[2] : 1);
}
