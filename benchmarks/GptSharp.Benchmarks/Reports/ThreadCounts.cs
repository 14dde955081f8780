using System.Globalization;
using GptSharp.Benchmarks.Machine;

namespace GptSharp.Benchmarks.Reports;

/// <summary>The numbers of threads that reports compare.</summary>
internal static class ThreadCounts
{
    public static IReadOnlyList<int> All { get; } = [1, 2];

    /// <summary>Says what the machine can do with each of them.</summary>
    public static void WriteLimits(TextWriter writer, IReadOnlyList<MachineLimits> limits)
    {
        foreach (MachineLimits limit in limits)
        {
            writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Peak with {limit.Threads} {(limit.Threads == 1 ? "thread" : "threads")}, measured now: {limit.GigaflopsPerSecond:0.0} GFLOP/s of fused multiply-adds, {limit.GigabytesPerSecond:0.0} GB/s of triad."));
        }
    }
}
