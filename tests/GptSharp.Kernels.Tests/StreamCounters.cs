using GptSharp.Ptx.Counters;

namespace GptSharp.Kernels.Tests;

/// <summary>What holds for every kernel whose time is that of the memory.</summary>
internal static class StreamCounters
{
    private static readonly string[] SlowForms = ["div.rn", "sqrt.rn", "div.s64", "div.u64", "rem.s64", "rem.u64", ".local", "call"];

    /// <summary>
    /// At most 1.05 of the bytes that have to move, in requests of no more sectors than their bytes fill, without conflicts in shared memory,
    /// without slow divisions, and within a number of registers.
    /// </summary>
    /// <param name="counters">What a launch on tensors of whole blocks did.</param>
    /// <param name="minimumBytes">Each input once, each output once.</param>
    /// <param name="mostRegisters">Registers alive at once.</param>
    /// <param name="share">What of the minimum is allowed.</param>
    /// <param name="hasConflicts">Whether lanes may meet in a bank of shared memory, outside any loop.</param>
    /// <param name="scattered">A form of access whose sectors are not counted, because its lanes' places are far apart by the tensor's layout.</param>
    public static void AssertStreams(
        this LaunchCounters counters, long minimumBytes, int mostRegisters = 82, double share = 1.05, bool hasConflicts = false,
        string scattered = "(none)")
    {
        long bytes = counters.Accesses.GlobalBytes;
        Assert.True(bytes <= share * minimumBytes, $"{bytes} bytes are {bytes / (double)minimumBytes:F3} of the minimum {minimumBytes}");
        Assert.True(hasConflicts || counters.Accesses.IdealWavefronts == counters.Accesses.Wavefronts, "lanes meet in a bank of shared memory");
        Assert.InRange(counters.MaxLiveRegisters, 1, mostRegisters);
        foreach (StatementCounters statement in counters.Statements)
        {
            long ideal = IdealSectors(statement.Accesses);
            bool counts = !statement.Text.Contains(scattered, StringComparison.Ordinal);
            Assert.True(!counts || statement.Accesses.Sectors <= ideal, $"{statement.Accesses.Sectors} sectors instead of {ideal}: {statement.Text}");
            Assert.DoesNotContain(SlowForms, form => statement.Text.Contains(form, StringComparison.Ordinal));
        }
    }

    // Sectors of 32 bytes; a request that is narrower takes one.
    private static long IdealSectors(InstructionAccesses accesses) => accesses.GlobalRequests == 0
        ? 0
        : accesses.GlobalRequests * (((accesses.GlobalBytes / accesses.GlobalRequests) + 31) / 32);
}
