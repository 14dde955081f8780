using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Tests.Runs;

/// <summary>What goes wrong around a run, done for real.</summary>
public sealed class RunFaultTests
{
    private const int Page = 4096;

    [Fact]
    public void A_folder_that_holds_a_run_is_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        SmallRun.Run(config, interruptAfter: 1);
        string[] before = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);

        var error = Assert.Throws<TrainingException>(() => SmallRun.Run(config));

        Assert.Equal(
            $"{folder.At("run")} exists already, and a run is never overwritten: go on with it by --resume, or start another by --set train.name=NAME.",
            error.Message);
        Assert.Equal(before, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Resuming_what_was_never_started_says_so()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<TrainingException>(() => SmallRun.Run(SmallRun.Config(folder), resume: true));
        Assert.Contains("does not exist, so there is nothing to resume", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("run")));
    }

    [Theory]
    [InlineData(Checkpoint.ModelFile, Damaging.Truncation)]
    [InlineData(Checkpoint.ModelFile, Damaging.Bit)]
    [InlineData(Checkpoint.ModelFile, Damaging.Hole)]
    [InlineData(Checkpoint.OptimizerFile, Damaging.Truncation)]
    [InlineData(Checkpoint.OptimizerFile, Damaging.Bit)]
    [InlineData(Checkpoint.OptimizerFile, Damaging.Hole)]
    [InlineData(CheckpointManifest.FileName, Damaging.Truncation)]
    [InlineData(CheckpointManifest.FileName, Damaging.Bit)]
    [InlineData(CheckpointManifest.FileName, Damaging.Hole)]
    public void A_damaged_checkpoint_is_named_and_the_one_before_it_used(string file, Damaging how)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        RunRecord whole = SmallRun.Run(config);
        string newest = new CheckpointStore(folder.At("run")).FolderOf(12);
        Damage(Path.Combine(newest, file), how);

        RunRecord resumed = SmallRun.Run(config, resume: true);

        string notice = Assert.Single(resumed.Notices);
        Assert.Contains(Path.Combine(newest, file), notice, StringComparison.Ordinal);
        Assert.EndsWith("Going back to the checkpoint before it.", notice, StringComparison.Ordinal);
        Assert.Equal(whole.Losses[^resumed.Steps.Count..], resumed.Losses);
        Assert.NotEmpty(resumed.Losses);
        Checkpoint.Verify(newest); // saved anew …
        Assert.True(Directory.Exists(newest + ".damaged")); // … and the damaged one kept for whoever wants to look
    }

    [Fact]
    public void A_damaged_best_checkpoint_is_named_and_the_newest_one_used()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);

        SmallRun.Run(config with { Train = config.Train with { CheckpointEvery = 1, EvaluateEvery = 0 } });
        const long best = 11;
        var store = new CheckpointStore(folder.At("run"));
        string newest = store.FolderOf(12);
        (CheckpointManifest.Load(newest) with { BestStep = best }).Save(newest);
        Assert.Equal(store.FolderOf(best), store.FindBest(problem => Assert.Fail(problem)).Folder);
        Damage(Path.Combine(store.FolderOf(best), Checkpoint.ModelFile), Damaging.Bit);

        List<string> notices = [];
        Assert.Equal(newest, store.FindBest(notices.Add).Folder);
        Assert.StartsWith(Path.Combine(store.FolderOf(best), Checkpoint.ModelFile), Assert.Single(notices), StringComparison.Ordinal);
    }

    [Fact]
    public void When_no_checkpoint_is_sound_nothing_is_changed()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        SmallRun.Run(config);
        var store = new CheckpointStore(folder.At("run"));
        foreach (long step in store.Steps)
        {
            Damage(Path.Combine(store.FolderOf(step), Checkpoint.ModelFile), Damaging.Bit);
        }

        string history = File.ReadAllText(folder.At("run/metrics.jsonl"));
        var error = Assert.Throws<TrainingException>(() => SmallRun.Run(config, resume: true));

        Assert.Contains("No checkpoint", error.Message, StringComparison.Ordinal);
        Assert.Equal(history, File.ReadAllText(folder.At("run/metrics.jsonl")));
    }

    [Fact]
    public void A_full_disk_during_a_save_leaves_the_checkpoints_before_it_whole()
    {
        using SmallDisk disk = SmallDisk.MountOrSkip(megabytes: 4);
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);

        // About 0.4 MB of parameters and twice as much of moments: three checkpoints fit, a fourth does not.
        config = config with
        {
            Model = config.Model with { Width = 64 },
            Train = config.Train with { OutputFolder = disk.Path, CheckpointEvery = 1, EvaluateEvery = 0, KeepLast = 12 },
        };
        var error = Assert.Throws<IOException>(() => SmallRun.Run(config));
        Assert.Contains("could not be saved", error.Message, StringComparison.Ordinal);

        var store = new CheckpointStore(Path.Combine(disk.Path, "run"));
        Assert.NotEmpty(store.Steps);
        Assert.All(store.Steps, step => Checkpoint.Verify(store.FolderOf(step)));
        Assert.Empty(Directory.GetDirectories(Path.Combine(disk.Path, "run/checkpoints"), "*" + AtomicFile.TemporarySuffix));
    }

    [Fact]
    public void A_checkpoint_of_another_vocabulary_is_refused()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = ConfigOn(Lines(folder, "abc def ghi"), SmallRun.Config(folder));
        SmallRun.Run(config, interruptAfter: 2);
        Lines(folder, "abc def xyz");

        var error = Assert.Throws<ConfigurationException>(() => SmallRun.Run(config, resume: true));

        Assert.Contains("is not the one that", error.Message, StringComparison.Ordinal);
        Assert.Contains("step-00000002", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_text_of_the_same_vocabulary_is_announced()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = ConfigOn(Lines(folder, "abc def ghi"), SmallRun.Config(folder));
        SmallRun.Run(config, interruptAfter: 2);
        Lines(folder, "abc fed ghi");

        RunRecord resumed = SmallRun.Run(config, resume: true);

        Assert.Contains("is not the one that the run has learnt from", Assert.Single(resumed.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_settings_are_announced_or_refused_when_a_run_resumes()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        SmallRun.Run(config, interruptAfter: 2);

        Assert.Throws<ConfigurationException>(() => SmallRun.Run(config with { Model = config.Model with { Width = 32 } }, resume: true));
        RunRecord resumed = SmallRun.Run(config with { Train = config.Train with { LearningRate = 1e-3, Threads = 1 } }, resume: true);

        Assert.Contains("train.lr", Assert.Single(resumed.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_that_the_vocabulary_cannot_write_is_refused_before_the_run_begins()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        Assert.Throws<Data.Tokenizers.UnknownCharacterException>(() => SmallRun.Run(config with { Sample = config.Sample with { Prompt = "€" } }));
        Assert.False(Directory.Exists(folder.At("run")));
    }

    private static string Lines(TemporaryFolder folder, string line) =>
        folder.Put("text.txt", string.Concat(Enumerable.Repeat(line + "\n", 400)));

    private static RunConfig ConfigOn(string text, RunConfig config) => config with
    {
        Data = new DataSection { Name = "text", Path = text },
        Train = config.Train with { Steps = 3 },
    };

    private static void Damage(string path, Damaging how)
    {
        byte[] bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case Damaging.Truncation:
                Array.Resize(ref bytes, bytes.Length / 2);
                break;
            case Damaging.Bit:
                bytes[bytes.Length / 2] ^= 0x10;
                break;
            default:
                // A page that never reached the disk, in a file that has its name and its length.
                bytes.AsSpan(bytes.Length / 2 / Page * Page, Math.Min(Page, bytes.Length)).Clear();
                break;
        }

        File.WriteAllBytes(path, bytes);
    }

    /// <summary>What may happen to a file.</summary>
    public enum Damaging
    {
        Truncation,
        Bit,
        Hole,
    }
}
