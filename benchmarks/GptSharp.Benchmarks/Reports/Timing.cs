using System.Diagnostics;

namespace GptSharp.Benchmarks.Reports;

/// <summary>How long something takes.</summary>
/// <param name="Seconds">The median of the runs.</param>
/// <param name="Runs">How many were measured.</param>
internal sealed record Timing(double Seconds, int Runs)
{
    private const int FewestRuns = 3;

    /// <summary>
    /// Measures after one run that does not count, until <paramref name="enough"/> seconds and three runs are over, or
    /// <paramref name="most"/> seconds.
    /// </summary>
    public static Timing Measure(Action run, double enough, double most)
    {
        run();
        var seconds = new List<double>();
        double total = 0;
        while (seconds.Count == 0 || (total < most && (total < enough || seconds.Count < FewestRuns)))
        {
            long started = Stopwatch.GetTimestamp();
            run();
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            total += seconds[^1];
        }

        seconds.Sort();
        return new Timing((seconds[(seconds.Count - 1) / 2] + seconds[seconds.Count / 2]) / 2, seconds.Count);
    }
}
