using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Counters;

/// <summary>The memory accesses of a whole launch.</summary>
/// <param name="ByInstruction">By number of the instruction.</param>
/// <param name="LoadedBytes">Bytes of global memory that were loaded at least once.</param>
/// <param name="StoredBytes">Bytes of global memory that were stored at least once.</param>
internal sealed record AccessCounts(InstructionAccesses[] ByInstruction, long LoadedBytes, long StoredBytes)
{
    /// <summary>Sums up what the workers counted.</summary>
    public static AccessCounts Sum(KernelMemory kernel, IEnumerable<AccessCounter> workers, TouchedBytes touched)
    {
        var sum = new InstructionAccesses[kernel.InstructionCount];
        foreach (AccessCounter worker in workers)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i].Add(worker.ByInstruction[i]);
            }
        }

        return new(sum, touched.LoadedBytes, touched.StoredBytes);
    }
}
