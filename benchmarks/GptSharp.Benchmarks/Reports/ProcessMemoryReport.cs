using System.Diagnostics;
using System.Globalization;
using GptSharp.Cli;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Configuration;
using GptSharp.Training.Evaluation;
using GptSharp.Training.Memory;
using GptSharp.Training.Optimization;

namespace GptSharp.Benchmarks.Reports;

/// <summary>
/// What <c>gptsharp info --memory</c> plans beside what the system sees a process take (VmHWM, the most that was ever resident), each shape
/// in a process of its own.
/// </summary>
internal static class ProcessMemoryReport
{
    private static readonly Dictionary<string, string> Shapes = new()
    {
        ["W1"] = "model:\n  preset: gpt2\n  block: 64\n  vocabulary: 50257\ntrain:\n  batch: 4\n  micro_batch: 4\n",
        ["W3"] = "model:\n  layers: 6\n  heads: 6\n  channels: 384\n  block: 256\n  vocabulary: 65\ntrain:\n  batch: 16\n  micro_batch: 16\n",
    };

    public static void Write(TextWriter writer)
    {
        var table = new TextTable("run", ">planned MiB", ">arenas MiB", ">VmHWM grew MiB", ">ratio");
        foreach (string name in Shapes.Keys)
        {
            using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["memory-of", name]) { RedirectStandardOutput = true })!;
            long[] bytes = [.. child.StandardOutput.ReadToEnd().Split(' ').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
            child.WaitForExit();
            table.Add(name, Mebibytes(bytes[0]), Mebibytes(bytes[1]), Mebibytes(bytes[2]), ((double)bytes[2] / bytes[0]).ToString("0.000", CultureInfo.InvariantCulture));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine("W1: GPT-2 124M, 4 sequences of 64 tokens; W3: 6 layers, 384 channels, 16 sequences of 256. Three steps and an evaluation;");
        writer.WriteLine("growth counted from after a tiny run, which loads and compiles the program.");
    }

    /// <summary>In a process of its own: planned bytes, bytes of the arenas and the growth of VmHWM.</summary>
    public static void WriteOne(TextWriter writer, string name)
    {
        Run(RunConfigReader.Parse("model:\n  vocabulary: 65\ntrain:\n  batch: 2\n  micro_batch: 2\n", "tiny"));
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5");     // VmHWM becomes what is resident now
        long before = HighWaterMark();
        (long planned, long held) = Run(RunConfigReader.Parse(Shapes[name], name));
        writer.Write($"{planned} {held} {HighWaterMark() - before}");
    }

    private static (long Planned, long Held) Run(RunConfig config)
    {
        int vocabulary = config.Model.VocabularySize!.Value;
        GptConfig shape = config.Model.ToGptConfig(vocabulary);
        RunConfig silent = config with
        {
            Sample = config.Sample with { Length = 1 },
            Train = config.Train with { CheckpointInBackground = false },
        };
        MemoryPlan plan = MemoryPlan.Of(silent, shape, config.Train.Batch, new SamplePlan(1, null));
        using Device device = Devices.Open("cpu");
        using var model = new Gpt(device.Engine, shape);
        Optimizer optimizer = config.Train.CreateOptimizer(model);
        model.Initialize(1);
        device.Engine.ReserveSteps(plan.Report.Steps);
        var random = new Random(1);
        int[] text = [.. Enumerable.Range(0, 100_000).Select(_ => random.Next(vocabulary))];
        var blocks = new BlockSet(new MemoryTokens(text, vocabulary), shape.BlockSize, BlockAlignment.Stream);
        var step = new TrainStep(
            model, optimizer, new BatchSampler(blocks, 1, config.Train.Batch), config.Train.CreateSchedule(), seed: 1, config.Train.Batch);
        for (int i = 0; i < 3; i++)
        {
            step.Run(i, i);
        }

        new Evaluator(model, config.Train.Batch).Evaluate(new EvaluationBlocks(blocks, config.Train.Batch));
        return (plan.Report.Total, device.Engine.ReportMemory().Total);
    }

    private static long HighWaterMark() => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    private static string Mebibytes(long bytes) => (bytes / 1048576.0).ToString("#,0.0", CultureInfo.InvariantCulture);
}
