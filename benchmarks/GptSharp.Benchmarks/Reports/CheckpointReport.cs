using System.Diagnostics;
using System.Globalization;
using GptSharp.Cli;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Optimization;
using GptSharp.Training.Runs;

namespace GptSharp.Benchmarks.Reports;

/// <summary>What saving costs: the steps that a run takes while a checkpoint is written, and the speed of writing beside that of dd.</summary>
internal static class CheckpointReport
{
    private const int Rounds = 5;

    public static void Write(TextWriter writer)
    {
        string folder = Path.Combine(Path.GetFullPath("."), $"checkpoints-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            StepRow steps = MeasureSteps(folder);
            WriteRow speed = MeasureWriting(folder);
            var table = new TextTable("what", ">value");
            table.Add("steps while no checkpoint is written, median", $"{Text(steps.QuietMilliseconds, "0.0")} ms");
            table.Add("steps while one is written, median", $"{Text(steps.SavingMilliseconds, "0.0")} ms, {Text(steps.Ratio, "0.00")} x");
            table.Add("the slowest of them", $"{Text(steps.SlowestMilliseconds, "0.0")} ms, {Text(steps.SlowestMilliseconds / steps.QuietMilliseconds, "0.00")} x");
            table.Add("a checkpoint", $"{Text(speed.Megabytes, "N0")} MB");
            table.Add("written, hashed and flushed by GptSharp", $"{Text(speed.CheckpointMegabytesPerSecond, "N0")} MB/s");
            table.Add("written and flushed by dd (bs=8M conv=fsync)", $"{Text(speed.DdMegabytesPerSecond, "N0")} MB/s");
            table.Add("dd against GptSharp", $"{Text(speed.DdMegabytesPerSecond / speed.CheckpointMegabytesPerSecond, "0.00")} x");
            table.Write(writer);
            writer.WriteLine();
            writer.WriteLine($"Steps: {steps.Quiet} and {steps.Saving} of them, on 6 layers of 384 channels, 16 sequences of 256 tokens. Writing: median of {Rounds}, in turn, into {Path.GetFullPath(".")}.");
            writer.WriteLine($"Written to {ResultsFile.Write("checkpoints", new { steps, speed })}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static StepRow MeasureSteps(string folder)
    {
        var config = new RunConfig
        {
            Model = new ModelSection { LayerCount = 6, HeadCount = 6, Width = 384, BlockSize = 256 },
            Data = new DataSection { StoriesCharacters = 500_000 },
            Train = new TrainSection
            {
                Steps = 60,
                Batch = 16,
                WarmupSteps = 5,
                EvaluateEvery = 0,
                CheckpointEvery = 4,
                KeepLast = 1,
                OutputFolder = folder,
                Name = "steps",
            },
            Sample = new SampleSection { Every = 0, Count = 1, Length = 1 },
        };
        var watch = new StepWatch();
        using (var stop = new CancellationTokenSource())
        using (var trainer = new Trainer(config, watch))
        {
            // The end of a run is not what is measured.
            watch.AfterStep = step => { if (step == config.Train.Steps - 1) { stop.Cancel(); } };
            trainer.Run(stop.Token);
        }

        double quiet = Median(watch.Quiet), saving = Median(watch.Saving);
        return new StepRow(quiet, saving, watch.Saving.Max(), saving / quiet, watch.Quiet.Count, watch.Saving.Count);
    }

    private static WriteRow MeasureWriting(string folder)
    {
        using Device device = Devices.Open("cpu");
        using var model = new Gpt(device.Engine, new GptConfig { VocabularySize = 16_384, BlockSize = 256, LayerCount = 6, HeadCount = 8, Width = 512 });
        model.Initialize(1);
        var optimizer = new AdamW(model.Arena, new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 1));
        CheckpointManifest manifest = CheckpointManifest.Load(new CheckpointStore(Path.Combine(folder, "steps")).FindNewest(_ => { })!.Value.Folder);

        List<double> ours = [], dds = [];
        long bytes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            string target = Path.Combine(folder, "checkpoint");
            long started = Stopwatch.GetTimestamp();
            Checkpoint.Save(target, model, optimizer, manifest);
            ours.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            bytes = new DirectoryInfo(target).EnumerateFiles().Sum(file => file.Length);
            Directory.Delete(target, recursive: true);

            string copy = Path.Combine(folder, "dd");
            started = Stopwatch.GetTimestamp();
            using (Process dd = Process.Start(new ProcessStartInfo(
                "dd", ["if=/dev/zero", $"of={copy}", "bs=8M", $"count={bytes >> 23}", "conv=fsync", "status=none"]))!)
            {
                dd.WaitForExit();
            }

            dds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds * bytes / (bytes >> 23 << 23));
            File.Delete(copy);
        }

        return new WriteRow(bytes / 1e6, bytes / 1e6 / Median(ours), bytes / 1e6 / Median(dds));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record StepRow(double QuietMilliseconds, double SavingMilliseconds, double SlowestMilliseconds, double Ratio, int Quiet, int Saving);

    private sealed record WriteRow(double Megabytes, double CheckpointMegabytesPerSecond, double DdMegabytesPerSecond);

    /// <summary>The time from step to step, apart for those during which a checkpoint was being written.</summary>
    private sealed class StepWatch : TrainingObserver
    {
        private long _before;
        private bool _isSaving;
        private bool _hasSaved;

        public List<double> Quiet { get; } = [];

        public List<double> Saving { get; } = [];

        public Action<long> AfterStep { get; set; } = _ => { };

        public override void OnStep(StepDone step)
        {
            // The first steps take memory and compile; the first save takes the memory of its copy.
            if (step.Step > 5)
            {
                (_hasSaved ? Saving : Quiet).Add(Stopwatch.GetElapsedTime(_before).TotalMilliseconds);
            }

            (_before, _hasSaved) = (Stopwatch.GetTimestamp(), _isSaving);
            AfterStep(step.Step);
        }

        public override void OnCheckpointStarted(long step) => (_isSaving, _hasSaved) = (true, true);

        public override void OnCheckpoint(CheckpointSaved checkpoint) => _isSaving = false;
    }
}
