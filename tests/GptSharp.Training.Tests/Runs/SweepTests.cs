using GptSharp.Nn;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Tests.Runs;

public sealed class SweepTests
{
    [Fact]
    public void A_grid_is_every_combination_and_its_last_key_changes_fastest() => Assert.Equal(
        ["train.lr=1e-3 train.seed=1", "train.lr=1e-3 train.seed=2", "train.lr=3e-3 train.seed=1", "train.lr=3e-3 train.seed=2"],
        Sweep.Grid(["train.lr=1e-3,3e-3", "train.seed=1,2"]).Select(set => string.Join(' ', set)));

    [Fact]
    public void Commas_within_brackets_braces_and_quotes_separate_nothing() => Assert.Equal(
        ["a=[1, 2]", "a={every: 2}", "a=\"x,y\"", "a=3"],
        Sweep.Grid(["a=[1, 2],{every: 2},\"x,y\",3"]).Select(set => Assert.Single(set)));

    [Theory]
    [InlineData("train.lr")]
    [InlineData("=1")]
    [InlineData("train.lr=1,")]
    public void What_is_no_axis_is_refused(string axis) =>
        Assert.Contains($"'{axis}' is no axis of a grid", Assert.Throws<ConfigurationException>(() => Sweep.Grid([axis])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_list_has_one_run_a_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("list"), "# two runs\n\ntrain.lr=1e-3 train.seed=1\n  train.lr=2e-3\n");
        Assert.Equal(["train.lr=1e-3 train.seed=1", "train.lr=2e-3"], Sweep.ReadList(folder.At("list")).Select(set => string.Join(' ', set)));
    }

    [Fact]
    public void A_folder_holds_one_sweep_which_goes_on_only_when_told_to()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("sweep");
        string[][] overrides = [["train.lr=1e-3", "model.activation=gelu/x"], ["train.lr=2e-3"]];
        Assert.Equal(["001-lr=1e-3-activation=gelu_x", "002-lr=2e-3"], Sweep.Open(path, overrides, resume: false).Runs.Select(run => run.Name));

        Assert.Contains("holds a sweep already", Fails(path, overrides, resume: false), StringComparison.Ordinal);
        Assert.Equal(2, Sweep.Open(path, overrides, resume: true).Runs.Count);
        Assert.Contains("holds a sweep over other values", Fails(path, [["train.lr=5"]], resume: true), StringComparison.Ordinal);

        Directory.CreateDirectory(folder.At("other"));
        File.WriteAllText(folder.At("other/file"), "");
        Assert.Contains("exists already and holds no sweep", Fails(folder.At("other"), overrides, resume: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_runs_folder_tells_how_far_it_has_come()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(RunStatus.Of(folder.Path));
        SmallRun.Run(SmallRun.Config(folder, "whole"));
        SmallRun.Run(SmallRun.Config(folder, "asked"), interruptAfter: 5);
        SmallRun.Run(SmallRun.Config(folder, "killed"), interruptAfter: 5);
        string[] lines = File.ReadAllLines(folder.At("killed/metrics.jsonl"));
        File.WriteAllText(folder.At("killed/metrics.jsonl"), string.Join('\n', lines[..^1]) + "\n{\"event\":\"fini");

        IReadOnlyList<RunStatus> runs = RunStatus.Find(folder.Path);
        Assert.Equal(
            [("asked", RunState.Interrupted, 5L), ("killed", RunState.Stopped, 5L), ("whole", RunState.Completed, 12L)],
            runs.Select(run => (Path.GetFileName(run.Folder), run.State, run.Step)));
        Assert.All(runs, run => Assert.Equal(12, run.Steps));
        Assert.All(runs, run => Assert.NotNull(run.Loss));
        Assert.True(runs[2].BestLoss <= runs[2].ValidationLoss);
    }

    private static string Fails(string folder, string[][] overrides, bool resume) =>
        Assert.Throws<TrainingException>(() => Sweep.Open(folder, overrides, resume)).Message;
}
