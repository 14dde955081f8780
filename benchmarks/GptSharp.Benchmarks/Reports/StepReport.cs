using System.Globalization;
using GptSharp.Benchmarks.Machine;
using GptSharp.Cli;
using GptSharp.Cli.Bench;

namespace GptSharp.Benchmarks.Reports;

/// <summary>Training steps beside what the machine's arithmetic allows, measured in the same run.</summary>
internal static class StepReport
{
    private const double EnoughSeconds = 3;
    private const double MostSeconds = 10;

    public static void Write(TextWriter writer)
    {
        var rows = new List<Row>();
        MachineLimits[] limits = [.. ThreadCounts.All.Select(MachineLimits.Measure)];
        foreach (StepShape shape in StepShape.All)
        {
            foreach (MachineLimits limit in limits)
            {
                using var workload = new StepWorkload(shape, limit.Threads);
                Timing timing = Timing.Measure(workload.Run, EnoughSeconds, MostSeconds);
                double gigaflops = shape.FlopsPerStep / timing.Seconds / 1e9;
                rows.Add(new Row(
                    shape.Name, limit.Threads, timing.Seconds * 1e3, limit.Floor(shape.FlopsPerStep, bytes: 0) * 1e3,
                    shape.TokensPerStep / timing.Seconds, gigaflops, gigaflops / limit.GigaflopsPerSecond, timing.Runs));
            }
        }

        var table = new TextTable("step", ">threads", ">ms", ">floor ms", ">tokens/s", ">GFLOP/s", ">of peak", ">runs");
        foreach (Row row in rows)
        {
            table.Add(
                row.Step, Text(row.Threads, "0"), Text(row.Milliseconds, "0.0"), Text(row.FloorMilliseconds, "0.0"),
                Text(row.TokensPerSecond, "#,0"), Text(row.GigaflopsPerSecond, "0.0"), Text(row.ShareOfPeak, "0.0%"), Text(row.Runs, "0"));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine("ms: median of the runs. FLOPs: linear layers and the causal half of attention, forward and backward.");
        ThreadCounts.WriteLimits(writer, limits);
        writer.WriteLine($"Written to {ResultsFile.Write("steps", new { limits, rows })}");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Row(
        string Step, int Threads, double Milliseconds, double FloorMilliseconds, double TokensPerSecond,
        double GigaflopsPerSecond, double ShareOfPeak, int Runs);
}
