using GptSharp.Data.Tokenizers;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Runs;

namespace GptSharp.Cli.Tests.Commands;

public sealed class CheckpointCommandTests
{
    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        return (CommandLine.Run(["checkpoint", .. arguments], new CommandOutput(output, error)), output.ToString(), error.ToString());
    }

    [Fact]
    public void Listing_shows_every_step_with_its_size_and_writer()
    {
        using TinyRun run = new(CharTokenizer.Of("abc"), 10, 20);
        string[] lines = Run("list", run.Path).Out.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^ +10 +0\.\d  test +AdamW", lines[1]);
        Assert.Matches(@"^ +20 ", lines[2]);
    }

    [Fact]
    public void Verifying_names_what_is_damaged_and_exits_with_1()
    {
        using TinyRun run = new(CharTokenizer.Of("abc"), 10, 20);
        Assert.Equal(0, Run("verify", run.Path).Code);
        Assert.Equal(0, Run("verify", run.Checkpoints.FolderOf(10)).Code);
        string damaged = run.Damage(20);

        (int code, string output, _) = Run("verify", run.Path);

        Assert.Equal(1, code);
        Assert.Contains("step-00000010  sound", output, StringComparison.Ordinal);
        Assert.Contains($"step-00000020  {damaged}: it is damaged", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pruning_keeps_what_it_is_told_to_and_says_what_goes()
    {
        using TinyRun run = new(CharTokenizer.Of("abc"), 10, 20, 30, 40, 50);

        (int code, string output, _) = Run("prune", run.Path, "--keep-last", "1", "--keep-every", "20", "--dry-run");
        Assert.Equal(0, code);
        Assert.Contains("would delete step 10", output, StringComparison.Ordinal);
        Assert.EndsWith("3 stay\n", output, StringComparison.Ordinal);
        Assert.Equal([10, 20, 30, 40, 50], run.Checkpoints.Steps);

        Run("prune", run.Path, "--keep-last", "1", "--keep-every", "20");
        Assert.Equal([20, 40, 50], run.Checkpoints.Steps);

        // The configuration's own rule: the last two.
        Run("prune", run.Path);
        Assert.Equal([40, 50], run.Checkpoints.Steps);
    }

    [Fact]
    public void Pruning_a_run_that_is_being_trained_is_refused()
    {
        using TinyRun run = new(CharTokenizer.Of("abc"), 10, 20, 30);
        using IDisposable held = RunLock.Take(run.Path);

        (int code, _, string error) = Run("prune", run.Path);

        Assert.Equal(1, code);
        Assert.Contains("is in use", error, StringComparison.Ordinal);
        Assert.Equal(3, run.Checkpoints.Steps.Count);
    }

    [Fact]
    public void Pruning_where_nothing_is_sound_deletes_nothing()
    {
        using TinyRun run = new(CharTokenizer.Of("abc"), 10, 20, 30);
        Array.ForEach([10, 20, 30], step => run.Damage(step));

        (int code, _, string error) = Run("prune", run.Path);

        Assert.Equal(1, code);
        Assert.Contains("is sound, so none is deleted", error, StringComparison.Ordinal);
        Assert.Equal(3, run.Checkpoints.Steps.Count);
    }

    [Fact]
    public void A_folder_without_checkpoints_is_refused()
    {
        using TemporaryFolder folder = new();
        Assert.All((string[])["list", "verify", "prune"], command =>
        {
            (int code, _, string error) = Run(command, folder.Path);
            Assert.Equal(1, code);
            Assert.Contains("holds no checkpoints", error, StringComparison.Ordinal);
        });
    }
}
