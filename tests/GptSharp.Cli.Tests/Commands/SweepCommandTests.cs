using System.Text.Json;

namespace GptSharp.Cli.Tests.Commands;

public sealed class SweepCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SweepCommandTests() => File.WriteAllText(_folder.At("small.yaml"), """
        model: { layers: 1, heads: 2, channels: 16, block: 32 }
        data: { name: stories, stories_characters: 30_000 }
        train: { steps: 8, batch: 4, warmup: 2, checkpoint_every: 4 }
        sample: { every: 0, length: 5 }
        """);

    public void Dispose() => _folder.Dispose();

    private (int Code, string Out, string Error) Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        return (CommandLine.Run(arguments, new CommandOutput(output, error)), output.ToString(), error.ToString());
    }

    private string[] Arguments(params string[] more) =>
        ["sweep", _folder.At("small.yaml"), "--set", $"train.out={_folder.Path}", "--grid", "train.lr=1e-3,1e-2", .. more];

    [Fact]
    public void A_sweep_runs_every_combination_and_ends_with_a_table_that_names_the_best_first()
    {
        (int code, string output, string error) = Run(Arguments());

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("run 2 of 2: train.lr=1e-2", output, StringComparison.Ordinal);
        string[] table = [.. output.TrimEnd().Split('\n').SkipWhile(line => !line.StartsWith("overrides", StringComparison.Ordinal))];
        Assert.StartsWith("train.lr=1e-2  completed     8", table[1], StringComparison.Ordinal);
        Assert.StartsWith("train.lr=1e-3  completed     8", table[2], StringComparison.Ordinal);

        // Again: refused; resumed: nothing is left to do; listed.
        Assert.Contains("holds a sweep already", Run(Arguments()).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("run 1 of 2", Run(Arguments("--resume")).Out, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Run("runs", _folder.Path, "--json").Out);
        Assert.Equal(["completed", "completed"], json.RootElement.EnumerateArray().Select(run => run.GetProperty("state").GetString()));
        Assert.Contains("small-sweep/001-lr=1e-3  completed   8/8", Run("runs", _folder.Path).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_cut_off_goes_on_and_finished_ones_stay()
    {
        Run(Arguments());
        string second = _folder.At("small-sweep/002-lr=1e-2");
        string before = File.ReadAllText(Path.Combine(second, "summary.json"));

        // As if the process had died in the middle of the second run.
        File.Delete(Path.Combine(second, "summary.json"));
        Directory.Delete(Path.Combine(second, "checkpoints", "step-00000008"), recursive: true);
        string metrics = Path.Combine(second, "metrics.jsonl");
        File.WriteAllLines(metrics, File.ReadLines(metrics).TakeWhile(line => !line.Contains("\"step\":6", StringComparison.Ordinal)));

        (int code, string output, _) = Run(Arguments("--resume"));
        Assert.Equal(0, code);
        Assert.DoesNotContain("run 1 of 2", output, StringComparison.Ordinal);
        Assert.Contains("going on after step 4 of 8", output, StringComparison.Ordinal);
        Assert.Equal(Losses(before), Losses(File.ReadAllText(Path.Combine(second, "summary.json"))));
    }

    [Fact]
    public void A_run_that_fails_does_not_keep_the_others_from_running()
    {
        string[] arguments = ["sweep", _folder.At("small.yaml"), "--set", $"train.out={_folder.Path}", "--grid", "train.lr=1e30,1e-3", "--set", "train.clip=0"];
        (int code, string output, string error) = Run(arguments);
        Assert.Equal(1, code);
        Assert.Contains("001-lr=1e30: Step ", error, StringComparison.Ordinal);
        Assert.Contains("train.lr=1e30  stopped", output, StringComparison.Ordinal);
        Assert.Contains("train.lr=1e-3  completed", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gptsharp sweep: either --grid or --list says what changes from run to run.")]
    [InlineData("there is no key", "--grid", "train.lrr=1,2")]
    [InlineData("is no axis of a grid", "--grid", "train.lr")]
    public void A_slip_is_found_before_the_first_run(string message, params string[] arguments)
    {
        (int code, _, string error) = Run(["sweep", _folder.At("small.yaml"), "--set", $"train.out={_folder.Path}", .. arguments]);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Listing_a_folder_that_is_not_there_says_so()
    {
        (int code, _, string error) = Run("runs", _folder.At("nowhere"));
        Assert.Equal(1, code);
        Assert.StartsWith($"gptsharp: there is no folder {_folder.At("nowhere")}", error, StringComparison.Ordinal);
    }

    private static (double, double) Losses(string summary)
    {
        using JsonDocument json = JsonDocument.Parse(summary);
        return (json.RootElement.GetProperty("train_loss").GetDouble(), json.RootElement.GetProperty("val_loss").GetDouble());
    }
}
