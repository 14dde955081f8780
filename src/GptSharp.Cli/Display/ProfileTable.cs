using System.Globalization;
using GptSharp.Training.Metrics;
using GptSharp.Training.Profiling;

namespace GptSharp.Cli.Display;

/// <summary>A profile as a table of 80 columns: per step, the longest first.</summary>
internal static class ProfileTable
{
    public static void Write(TextWriter writer, StepsProfiled profiled)
    {
        Write(writer, profiled.Report);
        writer.WriteLine($"saved in {profiled.JsonPath}; for chrome://tracing and");
        writer.WriteLine($"https://ui.perfetto.dev in {profiled.TracePath}");
    }

    public static void Write(TextWriter writer, ProfileReport report)
    {
        TextTable table = new("operation", ">calls", ">ms", ">step", ">GFLOP", ">MB", ">of peak", "regime");
        foreach (ProfileEntry entry in report.Entries)
        {
            table.Add(
                entry.IsReplay ? $"{entry.Name} (again)" : entry.Name, Text(entry.Calls, "0.#"), Text(entry.Seconds * 1e3, "0.00"),
                Text(entry.Seconds / report.StepSeconds, "0.0 %"),
                entry.IsHostWork ? "" : Text(entry.Flops / 1e9, "0.000"), entry.IsHostWork ? "" : Text(entry.Bytes / 1e6, "0.0"),
                entry.ShareOfPeak is { } share ? Text(share, "0 %") : "",
                entry.IsHostWork ? "host" : entry.Regime.ToString().ToLowerInvariant());
        }

        table.Add("unattributed", "", Text(report.UnattributedSeconds * 1e3, "0.00"), Text(report.UnattributedSeconds / report.StepSeconds, "0.0 %"), "", "", "", "");
        table.Add(
            "step", "", Text(report.StepSeconds * 1e3, "0.00"), "", Text(report.Entries.Sum(entry => entry.Flops) / 1e9, "0.000"),
            Text(report.Entries.Sum(entry => entry.Bytes) / 1e6, "0.0"), "", "");
        writer.WriteLine(report.FirstStep == report.LastStep
            ? $"step {Format.Count(report.FirstStep)}"
            : $"steps {Format.Count(report.FirstStep)} to {Format.Count(report.LastStep)}, the mean of one step");
        table.Write(writer);
        DeviceSpeed speed = report.Speed;
        if (speed is { FlopsPerSecond: { } flops, BytesPerSecond: { } bytes, DispatchSeconds: { } dispatch })
        {
            writer.WriteLine($"of peak: the least time for these FLOPs and bytes, at {Text(flops / 1e9, "0")} GFLOP/s and");
            writer.WriteLine($"{Text(bytes / 1e9, "0.0")} GB/s ({speed.Source}), over the time taken; above 100 %: bytes came");
            writer.WriteLine($"from a cache. overhead: that least time is below the {Text(dispatch * 1e6, "0.00")} microseconds that");
            writer.WriteLine("gathering the threads takes.");
        }
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
