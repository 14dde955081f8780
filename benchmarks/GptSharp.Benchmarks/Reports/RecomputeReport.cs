using System.Globalization;
using GptSharp.Cli;
using GptSharp.Cli.Bench;
using GptSharp.Nn;

namespace GptSharp.Benchmarks.Reports;

/// <summary>What gradient checkpointing saves and what it costs, on a model of twelve layers.</summary>
internal static class RecomputeReport
{
    private const int Rounds = 7;

    public static void Write(TextWriter writer)
    {
        Recompute[] plans = [Recompute.None, Recompute.Attention, Recompute.Block, Recompute.Every(2), Recompute.Every(3), Recompute.Every(4)];
        StepWorkload[] whole = Array.ConvertAll(plans, plan => new StepWorkload(Shape(12), Environment.ProcessorCount, recompute: plan, tracksActivations: true));
        StepWorkload[] half = Array.ConvertAll(plans, plan => new StepWorkload(Shape(6), Environment.ProcessorCount, recompute: plan, tracksActivations: true));
        double[] milliseconds = Interleaved(whole);
        Array.ForEach(half, workload => workload.Run());

        var rows = new List<Row>();
        for (int i = 0; i < plans.Length; i++)
        {
            // What six layers more need, twice: embedding, head and loss are in both models.
            long blocks = 2 * (whole[i].ActivationBytes - half[i].ActivationBytes);
            rows.Add(new Row(
                plans[i].ToString(), milliseconds[i], milliseconds[i] / milliseconds[0], blocks,
                rows.Count == 0 ? 0 : 1 - (blocks / (double)rows[0].BlockActivationBytes), whole[i].PeakBytes));
        }

        var table = new TextTable("recompute", ">ms", ">time", ">block activations MiB", ">saved", ">step peak MiB");
        foreach (Row row in rows)
        {
            table.Add(
                row.Recompute, Text(row.Milliseconds, "0.0"), Text(row.TimeRatio, "0.00x"), Text(row.BlockActivationBytes / 1048576.0, "0.0"),
                Text(row.Saved, "0.0%"), Text(row.PeakBytes / 1048576.0, "0.0"));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine($"12 layers, 384 channels, 6 heads, 4 sequences of 256 tokens; median of {Rounds} steps of each, in turn.");
        writer.WriteLine($"Written to {ResultsFile.Write("recompute", new { rows })}");
        foreach (StepWorkload workload in whole.Concat(half))
        {
            workload.Dispose();
        }
    }

    // Each plan once a round, so that a machine that slows down slows all of them.
    private static double[] Interleaved(StepWorkload[] workloads)
    {
        List<double>[] times = Array.ConvertAll(workloads, _ => new List<double>());
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < workloads.Length; i++)
            {
                times[i].Add(Timing.Measure(workloads[i].Run, enough: 0, most: 0).Seconds * 1e3);
            }
        }

        return Array.ConvertAll(times, list => list.Order().ElementAt(Rounds / 2));
    }

    private static StepShape Shape(int layers) => new(
        "recompute",
        new GptConfig { LayerCount = layers, HeadCount = 6, Width = 384, BlockSize = 256, VocabularySize = 256 },
        BatchSize: 4);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Row(
        string Recompute, double Milliseconds, double TimeRatio, long BlockActivationBytes, double Saved, long PeakBytes);
}
