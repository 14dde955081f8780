using System.Diagnostics;
using System.Globalization;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Files;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Tests.Runs;

/// <summary>What breaks while a run goes on: it ends with a sentence, and its checkpoints carry it on to the same bits.</summary>
public sealed class RunSurvivalTests
{
    [Fact]
    public void A_shard_that_is_truncated_in_the_middle_of_an_epoch_is_named_and_nothing_is_lost()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "an open file cannot be truncated there");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("text.txt"), string.Concat(Enumerable.Range(0, 4000).Select(i => $"line {i} of many\n")));
        DatasetBuilder.Build(TextCorpus.Open(folder.At("text.txt")), folder.At("data"), new DatasetOptions(), null, TestContext.Current.CancellationToken);
        RunConfig Config(string name)
        {
            RunConfig config = SmallRun.Config(folder, name);
            return config with
            {
                Data = new DataSection { Name = "data", Path = folder.At("data") },
                Train = config.Train with { EvaluateEvery = 0, EvaluationBatches = 1 },
            };
        }

        RunRecord whole = SmallRun.Run(Config("whole"));
        string shard = folder.At("data/train.tokens");
        byte[] sound = File.ReadAllBytes(shard);
        var error = Assert.Throws<RefusedFileException>(() => Run(Config("parts"), new AtStep(5, () => Shell("truncate", "--size", "100", shard))));

        Assert.StartsWith($"{shard}: it was truncated to 100 bytes while it was being read", error.Message, StringComparison.Ordinal);
        Assert.Equal([3], new CheckpointStore(folder.At("parts")).Steps);
        File.WriteAllBytes(shard, sound);
        RunRecord rest = SmallRun.Run(Config("parts"), resume: true);
        Assert.Empty(rest.Notices);
        Assert.Equal(whole.Losses[3..], rest.Losses);
    }

    [Fact]
    public void A_folder_that_becomes_read_only_ends_the_run_at_the_next_step_and_costs_no_checkpoint()
    {
        using SmallDisk disk = SmallDisk.MountOrSkip(megabytes: 4);
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        RunRecord whole = SmallRun.Run(config);
        config = config with { Train = config.Train with { OutputFolder = disk.Path } };
        string checkpoints = Path.Combine(disk.Path, "run", CheckpointStore.FolderName);
        var record = new AtStep(5, () =>
        {
            Shell("mount", "--bind", checkpoints, checkpoints);
            Shell("mount", "-o", "remount,bind,ro", checkpoints);
        });

        var error = Assert.Throws<IOException>(() => Run(config, record));

        Shell("umount", checkpoints);
        Assert.Contains("step-00000006 could not be saved", error.Message, StringComparison.Ordinal);
        Assert.Contains("Read-only", error.Message, StringComparison.Ordinal);
        Assert.InRange(record.Steps, 6, 9); // at a boundary of steps, before the next save
        Assert.Equal([3], new CheckpointStore(Path.Combine(disk.Path, "run")).Steps.Where(step => step != 4));
        RunRecord rest = SmallRun.Run(config, resume: true);
        Assert.Equal(whole.Losses[^rest.Steps.Count..], rest.Losses);
        Assert.InRange(rest.Steps.Count, 8, 9);
    }

    [Fact]
    public void A_read_only_folder_is_refused_before_anything_is_done()
    {
        using SmallDisk disk = SmallDisk.MountOrSkip(megabytes: 1);
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        Shell("mount", "-o", "remount,ro", disk.Path);

        var error = Assert.Throws<IOException>(() => SmallRun.Run(config with { Train = config.Train with { OutputFolder = disk.Path } }));

        Assert.Contains("Read-only", error.Message, StringComparison.Ordinal);
        Assert.Contains(disk.Path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoints_are_the_same_to_the_byte_whether_training_waits_for_them_or_not_and_the_copy_is_in_the_report()
    {
        using var folder = new TemporaryFolder();
        RunConfig Config(string name, bool inBackground)
        {
            RunConfig config = SmallRun.Config(folder, name);
            return config with { Train = config.Train with { CheckpointInBackground = inBackground, KeepEvery = 1, Steps = 9 } };
        }

        using (var waits = new Trainer(Config("waits", inBackground: false), new AtStep(0, () => { })))
        using (var goesOn = new Trainer(Config("goes-on", inBackground: true), new AtStep(0, () => { })))
        {
            waits.Run(TestContext.Current.CancellationToken);
            goesOn.Run(TestContext.Current.CancellationToken);
            long files = new[] { Checkpoint.ModelFile, Checkpoint.OptimizerFile }
                .Select(file => new FileInfo(Path.Combine(new CheckpointStore(folder.At("goes-on")).FolderOf(9), file)).Length)
                .Sum(length => (length + 4095) / 4096 * 4096);
            Assert.Equal(0, waits.Model.Engine.ReportMemory().Snapshots);
            Assert.Equal(files, goesOn.Model.Engine.ReportMemory().Snapshots);
        }

        (CheckpointStore one, CheckpointStore other) = (new(folder.At("waits")), new(folder.At("goes-on")));
        Assert.Equal(one.Steps, other.Steps);
        Assert.True(one.Steps.Count >= 3);
        Assert.All(one.Steps, step =>
        {
            Assert.Equal(Checkpoint.Verify(one.FolderOf(step)).Files, Checkpoint.Verify(other.FolderOf(step)).Files);
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(one.FolderOf(step), Checkpoint.OptimizerFile)),
                File.ReadAllBytes(Path.Combine(other.FolderOf(step), Checkpoint.OptimizerFile)));
        });
    }

    [Fact]
    public void A_folder_that_a_run_is_using_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        using (var first = new Trainer(config, new AtStep(0, () => { })))
        {
            Assert.True(RunLock.IsHeld(folder.At("run")));
            string message = Assert.Throws<TrainingException>(() => SmallRun.Run(config, resume: true)).Message;
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} "), message, StringComparison.Ordinal);
        }

        Assert.False(RunLock.IsHeld(folder.At("run")));
        Assert.Equal(12, SmallRun.Run(config, resume: true).Steps.Count);
    }

    private static void Run(RunConfig config, TrainingObserver observer)
    {
        using var trainer = new Trainer(config, observer);
        trainer.Run();
    }

    private static void Shell(string command, params string[] arguments)
    {
        using Process process = Process.Start(command, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Does something after a step.</summary>
    private sealed class AtStep(long step, Action act) : TrainingObserver
    {
        public long Steps { get; private set; }

        public override void OnStep(StepDone done)
        {
            Steps = done.Step;
            if (done.Step == step)
            {
                act();
            }
        }
    }
}
