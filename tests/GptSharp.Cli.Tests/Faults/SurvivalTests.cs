using System.Globalization;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Tests.Faults;

/// <summary>What the world does to a run, done to real processes.</summary>
public sealed class SurvivalTests
{
    [Fact]
    public void Nothing_depends_on_the_order_of_the_wall_clock()
    {
        Dictionary<string, string> backwards = SystemShim.EnvironmentOrSkip("SHIM_CLOCK");
        using TinyConfig tiny = new("train.keep_last=2");
        CommandProcess.Run(tiny.Train("whole"));

        Assert.Equal(0, CommandProcess.Run(backwards, tiny.Train("back", "--set", "train.checkpoint_every=5")).Code);
        Directory.Delete(new CheckpointStore(tiny.At("back")).FolderOf(40), recursive: true);
        (int code, string output, string error) = CommandProcess.Run(backwards, tiny.Train("back", "--resume"));

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("going on after step 35 of 40", output, StringComparison.Ordinal);
        Assert.Equal(tiny.Losses("whole"), tiny.Losses("back"));
        Assert.Equal([35, 40], new CheckpointStore(tiny.At("back")).Steps);
    }

    [Fact]
    public void Without_room_for_another_thread_saving_waits_and_nothing_changes()
    {
        Dictionary<string, string> crowded = SystemShim.EnvironmentOrSkip();
        using TinyConfig tiny = new();
        CommandProcess.Run(tiny.Train("whole"));
        crowded["SHIM_THREADS"] = tiny.At("crowded", "checkpoints");

        (int code, _, string error) = CommandProcess.Run(crowded, tiny.Train("crowded"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(tiny.Losses("whole"), tiny.Losses("crowded"));
        Assert.Equal([10, 20, 30, 40], new CheckpointStore(tiny.At("crowded")).Steps);
    }

    [Fact]
    public void A_second_process_on_a_run_is_refused_and_the_lock_dies_with_its_process()
    {
        using TinyConfig tiny = new("train.steps=1000000");
        using (CommandProcess first = CommandProcess.Start(tiny.Train("run")))
        {
            first.WaitFor("saved step 10");
            (int code, string output, string error) = CommandProcess.Run(tiny.Train("run", "--resume"));
            Assert.Equal((1, ""), (code, output));
            Assert.Equal(
                string.Create(CultureInfo.InvariantCulture, $"gptsharp: {tiny.At("run")} is in use: process {first.Id} on {Environment.MachineName} is working on this run. Wait for its end, or stop it; nothing was changed.\n"),
                error);
            first.Signal("KILL");
            first.Finish();
        }

        IReadOnlyList<long> saved = new CheckpointStore(tiny.At("run")).Steps;
        (int resumed, string said, _) = CommandProcess.Run(tiny.Train("run", "--resume", "--set", $"train.steps={saved[^1] + 1}"));
        Assert.Equal(0, resumed);
        Assert.Contains("going on after step", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eval", "train.eval_every=10", "data.validation_share=0.5", "data.stories_characters=600_000")]
    [InlineData("sample", "sample.every=10", "sample.count=30", "sample.length=3000")]
    public void A_signal_during_an_evaluation_or_a_sample_saves_and_the_run_goes_on_to_the_same_bits(string kind, params string[] lines)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs POSIX signals");
        using TinyConfig tiny = new([.. lines, "train.steps=12"]);
        CommandProcess.Run(tiny.Train("whole"));
        using (CommandProcess stopped = CommandProcess.Start(tiny.Train("stopped")))
        {
            stopped.WaitFor("step 10/");
            stopped.Signal("TERM");
            (int code, _, string error) = stopped.Finish();
            Assert.Equal((130, ""), (code, error));
        }

        Assert.Equal(10, tiny.Losses("stopped").Length);
        Assert.Empty(tiny.Events("stopped", kind)); // it was under way
        Checkpoint.Verify(new CheckpointStore(tiny.At("stopped")).FolderOf(10));
        Assert.Equal(0, CommandProcess.Run(tiny.Train("stopped", "--resume")).Code);
        Assert.Equal(tiny.Losses("whole"), tiny.Losses("stopped"));
        Assert.Equal(
            tiny.Events("whole", "eval").Select(line => line.GetProperty("val_loss").GetDouble()),
            tiny.Events("stopped", "eval").Select(line => line.GetProperty("val_loss").GetDouble()));
    }

    [Fact]
    public void A_signal_during_a_save_waits_for_it_and_saves_the_step_that_was_reached()
    {
        Dictionary<string, string> slowDisk = SystemShim.EnvironmentOrSkip("SHIM_FSYNC");
        using TinyConfig tiny = new();
        CommandProcess.Run(tiny.Train("whole"));
        var store = new CheckpointStore(tiny.At("stopped"));
        using (CommandProcess stopped = CommandProcess.Start(slowDisk, tiny.Train("stopped")))
        {
            stopped.WaitFor("step 12/");
            Assert.True(Directory.Exists(store.FolderOf(10) + ".tmp"), "the training went on while the checkpoint was being written");
            stopped.Signal("TERM");
            (int code, _, string error) = stopped.Finish();
            Assert.Equal((130, ""), (code, error));
        }

        Assert.Equal(2, store.Steps.Count);
        Assert.Equal([10, tiny.Losses("stopped").Length], store.Steps);
        Assert.All(store.Steps, step => Checkpoint.Verify(store.FolderOf(step)));
        Assert.Equal(0, CommandProcess.Run(tiny.Train("stopped", "--resume")).Code);
        Assert.Equal(tiny.Losses("whole"), tiny.Losses("stopped"));
    }
}
