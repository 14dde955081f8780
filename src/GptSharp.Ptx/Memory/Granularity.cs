namespace GptSharp.Ptx.Memory;

/// <summary>
/// Bytes per entry of the shadows, as shifts: the smallest access of a kernel decides (at most 4 bytes), so that no entry is ever
/// touched in part.
/// </summary>
/// <param name="Global">2 for 4 bytes, 1 for 2 bytes, 0 for single bytes.</param>
/// <param name="Shared">The same for shared memory.</param>
internal readonly record struct Granularity(int Global, int Shared)
{
    private const int Coarsest = 2;

    /// <summary>The granularity that a kernel's instructions need.</summary>
    public static Granularity Of(IEnumerable<MemoryInstruction> instructions)
    {
        (int global, int shared) = (Coarsest, Coarsest);
        foreach (MemoryInstruction op in instructions)
        {
            int shift = Math.Min(int.Log2(op.UsedBytes == uint.MaxValue ? op.LaneBytes : op.ElementBytes), Coarsest);
            bool isCopy = op.SourceAddress >= 0;
            if (isCopy || op.Space is MemorySpace.Global or MemorySpace.Generic)
            {
                global = Math.Min(global, shift);
            }

            if (isCopy || op.Space is MemorySpace.Shared or MemorySpace.Generic)
            {
                shared = Math.Min(shared, shift);
            }
        }

        return new(global, shared);
    }
}
