using System.Globalization;
using GptSharp.Benchmarks.Workloads;
using GptSharp.Cli;
using GptSharp.Ptx;

namespace GptSharp.Benchmarks.Reports;

/// <summary>The emulator's speed: what checks and a second thread change, measured in the same run.</summary>
internal static class PtxReport
{
    private const double EnoughSeconds = 1;
    private const double MostSeconds = 5;

    public static void Write(TextWriter writer)
    {
        var rows = new List<Row>();
        foreach (string name in PtxWorkload.Names)
        {
            double reference = 0;
            foreach (bool isChecked in new[] { false, true })
            {
                foreach (int threads in ThreadCounts.All)
                {
                    using var workload = new PtxWorkload(name, isChecked, threads);
                    LaunchReport report = workload.Run();
                    Timing timing = Timing.Measure(() => workload.Run(), EnoughSeconds, MostSeconds);
                    reference = rows.Count > 0 && rows[^1].Kernel == name ? reference : timing.Seconds;
                    rows.Add(new Row(
                        name, isChecked, threads, timing.Seconds * 1e3, report.WarpInstructions / timing.Seconds / 1e6,
                        workload.Flops / timing.Seconds / 1e9, timing.Seconds / reference, timing.Runs));
                }
            }
        }

        var table = new TextTable("kernel", "checks", ">threads", ">ms", ">M warp instr/s", ">GFLOP/s", ">times first", ">runs");
        foreach (Row row in rows)
        {
            table.Add(
                row.Kernel, row.Checked ? "all" : "none", Text(row.Threads, "0"), Text(row.Milliseconds, "0.00"), Text(row.MegaInstructionsPerSecond, "0.0"),
                row.GigaflopsPerSecond == 0 ? "" : Text(row.GigaflopsPerSecond, "0.0"), Text(row.TimesFirst, "0.00"), Text(row.Runs, "0"));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine("ms: median of the runs. Times first: of the kernel's first row, one thread without checks.");
        writer.WriteLine($"Written to {ResultsFile.Write("ptx", new { rows })}");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Row(
        string Kernel, bool Checked, int Threads, double Milliseconds, double MegaInstructionsPerSecond, double GigaflopsPerSecond,
        double TimesFirst, int Runs);
}
