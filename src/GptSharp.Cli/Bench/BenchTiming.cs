using System.Diagnostics;

namespace GptSharp.Cli.Bench;

/// <summary>How long something takes, how long it would take at best, and how long a competitor takes for it.</summary>
/// <param name="Milliseconds">The median of our runs.</param>
/// <param name="FloorMilliseconds">The median of what the machine would have needed at the speeds that it showed in between; null if not asked for.</param>
/// <param name="Runs">How many there were.</param>
/// <param name="OtherMilliseconds">The median of the competitor's figures.</param>
internal sealed record BenchTiming(double Milliseconds, double? FloorMilliseconds, int Runs, double? OtherMilliseconds)
{
    private const int Rounds = 5;
    private const int MostRunsPerRound = 200;

    /// <summary>
    /// Measures in rounds, after two runs that do not count. The machine's limits are measured after each round, and the competitor has its
    /// turn then: what slows the machine for a while slows all three.
    /// </summary>
    /// <param name="run">One run.</param>
    /// <param name="seconds">How long to measure ours, in all; at least one run a round.</param>
    /// <param name="floor">Measures the limits, and gives the seconds that one run would need at them; null for none.</param>
    /// <param name="other">One round of the competitor, if any: milliseconds.</param>
    public static BenchTiming Measure(Action run, double seconds, Func<double>? floor, Func<IReadOnlyList<double>>? other) =>
        Measure(Timed(run), seconds, floor, other);

    /// <summary>Measures likewise what tells its own time.</summary>
    /// <param name="run">One run, which returns the milliseconds that count.</param>
    /// <param name="seconds">How long to measure ours, in all; at least one run a round.</param>
    /// <param name="floor">Measures the limits, and gives the seconds that one run would need at them; null for none.</param>
    /// <param name="other">One round of the competitor, if any: milliseconds.</param>
    public static BenchTiming Measure(Func<double> run, double seconds, Func<double>? floor, Func<IReadOnlyList<double>>? other)
    {
        run();
        run();
        List<double> ours = [], floors = [], theirs = [];
        for (int round = 0; round < Rounds; round++)
        {
            ours.AddRange(Round(run, seconds));
            if (floor is not null)
            {
                floors.Add(floor() * 1e3);
            }

            theirs.AddRange(other?.Invoke() ?? []);
        }

        return new(Median(ours), floor is null ? null : Median(floors), ours.Count, other is null ? null : Median(theirs));
    }

    /// <summary>Measures one round.</summary>
    /// <param name="run">One run.</param>
    /// <param name="seconds">How long all rounds together are to take; at least one run is done.</param>
    /// <returns>Milliseconds of each run.</returns>
    public static IReadOnlyList<double> Round(Action run, double seconds) => Round(Timed(run), seconds);

    /// <summary>The value in the middle; the list is sorted.</summary>
    public static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }

    private static List<double> Round(Func<double> run, double seconds)
    {
        List<double> times = [];
        long begin = Stopwatch.GetTimestamp();
        do
        {
            times.Add(run());
        }
        while (times.Count < MostRunsPerRound && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds / Rounds);

        return times;
    }

    private static Func<double> Timed(Action run) => () =>
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    };
}
