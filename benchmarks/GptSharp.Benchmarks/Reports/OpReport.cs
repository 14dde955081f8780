using System.Globalization;
using GptSharp.Benchmarks.Machine;
using GptSharp.Benchmarks.Workloads;
using GptSharp.Cli;

namespace GptSharp.Benchmarks.Reports;

/// <summary>Single operations beside the time that arithmetic or memory needs at least, measured in the same run.</summary>
internal static class OpReport
{
    private const double EnoughSeconds = 0.5;
    private const double MostSeconds = 3;

    public static void Write(TextWriter writer)
    {
        var rows = new List<Row>();
        MachineLimits[] limits = [.. ThreadCounts.All.Select(MachineLimits.Measure)];
        foreach (string name in OpWorkload.Names.Concat(OpWorkload.LinearNames))
        {
            foreach (MachineLimits limit in limits)
            {
                using var workload = new OpWorkload(name, limit.Threads);
                Timing timing = Timing.Measure(workload.Run, EnoughSeconds, MostSeconds);
                double floor = limit.Floor(workload.Flops, workload.Bytes);
                rows.Add(new Row(
                    name, limit.Threads, timing.Seconds * 1e3, floor * 1e3, timing.Seconds / floor,
                    workload.Flops / timing.Seconds / 1e9, workload.Bytes / timing.Seconds / 1e9, timing.Runs));
            }
        }

        var table = new TextTable("operation", ">threads", ">ms", ">floor ms", ">times floor", ">GFLOP/s", ">GB/s", ">runs");
        foreach (Row row in rows)
        {
            table.Add(
                row.Operation, Text(row.Threads, "0"), Text(row.Milliseconds, "0.000"), Text(row.FloorMilliseconds, "0.000"),
                Text(row.TimesFloor, "0.00"), Text(row.GigaflopsPerSecond, "0.0"), Text(row.GigabytesPerSecond, "0.0"), Text(row.Runs, "0"));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine("ms: median of the runs. Floor: the longer of FLOPs over peak arithmetic and bytes over memory bandwidth;");
        writer.WriteLine("an operation whose operands fit into the caches can be below the latter.");
        ThreadCounts.WriteLimits(writer, limits);
        writer.WriteLine($"Written to {ResultsFile.Write("ops", new { limits, rows })}");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Row(
        string Operation, int Threads, double Milliseconds, double FloorMilliseconds, double TimesFloor,
        double GigaflopsPerSecond, double GigabytesPerSecond, int Runs);
}
