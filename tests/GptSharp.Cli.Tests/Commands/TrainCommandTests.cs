using System.Globalization;
using System.Text.Json;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Tests.Commands;

public sealed class TrainCommandTests : IDisposable
{
    private const string Config =
        """
        # A model of a few thousand parameters.
        model:
          layers: 1
          heads: 2
          channels: 16
          block: 32
          dropout: 0.1
        data:
          name: stories
          stories_characters: 30_000
        train:
          steps: 40
          batch: 4
          lr: 3e-3
          warmup: 5
          eval_every: 20
          checkpoint_every: 10
        sample:
          every: 20
          length: 20
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string _config;

    public TrainCommandTests()
    {
        _config = _folder.At("small.yaml");
        File.WriteAllText(_config, Config);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Training_into_a_pipe_writes_lines_without_one_escape_and_ends_with_a_summary()
    {
        (int code, string output, string error) = CommandProcess.Run(Arguments("whole"));

        Assert.Equal((0, ""), (code, error));
        Assert.DoesNotContain('\u001b', output);
        Assert.Contains("step 40/40", output, StringComparison.Ordinal);
        Assert.Contains("sample at step 40:", output, StringComparison.Ordinal);
        string summary = output.TrimEnd().Split('\n')[^1];
        Assert.Matches("^40 steps in .*, train loss .*, validation loss .*, floor .* above it\\), .* of sampled stories accepted; saved in ", summary);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(_folder.At("whole/summary.json")));
        Assert.Equal(["train_loss", "val_loss", "floor", "accepted_share", "seconds"], json.RootElement.EnumerateObject().Take(5).Select(property => property.Name));
    }

    [Fact]
    public void A_finished_run_can_be_evaluated_and_sampled()
    {
        CommandProcess.Run([.. Arguments("whole"), "--set", "data.test_share=0.1"]);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(_folder.At("whole/summary.json")));
        string loss = summary.RootElement.GetProperty("val_loss").GetDouble().ToString("0.0000", CultureInfo.InvariantCulture);
        string floor = summary.RootElement.GetProperty("floor").GetDouble().ToString("0.0000", CultureInfo.InvariantCulture);

        (int code, string output, string error) = CommandProcess.Run("eval", _folder.At("whole/checkpoints/step-00000040"));
        Assert.Equal((0, ""), (code, error));
        Assert.Matches($"loss, nats per token +{loss}", output);
        Assert.Matches($"floor: the least loss possible here +{floor}", output);
        Assert.Contains("the test split of the built-in stories", CommandProcess.Run("eval", _folder.At("whole"), "--split", "test").Out, StringComparison.Ordinal);

        (code, output, error) = CommandProcess.Run("sample", _folder.At("whole"), "--tokens", "10", "--prompt", "Once");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("Once", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluating_on_data_of_another_vocabulary_is_refused()
    {
        CommandProcess.Run(Arguments("whole"));
        File.WriteAllText(_folder.At("other.txt"), string.Concat(Enumerable.Repeat("0123456789\n", 100)));
        (int code, string output, string error) = CommandProcess.Run("eval", _folder.At("whole"), "--data", _folder.At("other.txt"));
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("is not the one that", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_killed_goes_on_to_the_same_bits_in_a_fresh_process()
    {
        string[] Long(string name) => [.. Arguments(name), "--set", "train.steps=400", "--set", "sample.every=0"];
        CommandProcess.Run(Long("whole"));
        using (CommandProcess killed = CommandProcess.Start(Long("killed")))
        {
            killed.WaitFor("saved step 20");
            killed.Signal("KILL");
            Assert.NotEqual(0, killed.Finish().Code);
        }

        (int code, string output, _) = CommandProcess.Run([.. Long("killed"), "--resume", "--set", "train.threads=3"]);

        Assert.Equal(0, code);
        Assert.Matches("going on after step \\d+ of 400", output);
        Assert.Equal(Losses("whole"), Losses("killed"));
        Assert.Equal(400, Losses("killed").Length);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_signal_finishes_the_step_saves_and_exits_with_130(string signal)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("needs POSIX signals");
        }

        Assert.SkipWhen(signal == "INT" && IgnoresInterrupts(), "SIGINT is ignored here, as a shell has its background jobs do, and a child inherits that.");

        // Many steps, or a fast machine is done before the signal arrives.
        string[] Long(string name) => [.. Arguments(name), "--set", "train.steps=400", "--set", "sample.every=0"];
        CommandProcess.Run(Long("whole"));
        using CommandProcess interrupted = CommandProcess.Start([.. Long("stopped"), "--set", "train.checkpoint_every=0", "--set", "train.eval_every=0"]);
        interrupted.WaitFor("step ");
        interrupted.Signal(signal);
        (int code, string output, string error) = interrupted.Finish();

        Assert.Equal((130, ""), (code, error));
        Assert.Contains("interrupted after step", output, StringComparison.Ordinal);
        long saved = Assert.Single(new CheckpointStore(_folder.At("stopped")).Steps);
        Assert.Equal(saved, Losses("stopped").Length);
        Assert.InRange(saved, 1, 399);
        Assert.Equal(0, CommandProcess.Run([.. Long("stopped"), "--resume"]).Code);
        Assert.Equal(Losses("whole"), Losses("stopped"));
    }

    [Fact]
    public void A_run_folder_that_exists_is_refused_with_exit_code_1()
    {
        Directory.CreateDirectory(_folder.At("taken"));
        File.WriteAllText(_folder.At("taken/notes.txt"), "mine");

        (int code, string output, string error) = CommandProcess.Run(Arguments("taken"));

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("exists already", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder.At("taken/notes.txt")));
    }

    [Theory]
    [InlineData("train.learning_rate=1", 2, "train.learning_rate")]
    [InlineData("model.heads=3", 2, "heads")]
    [InlineData("sample.prompt=€", 2, "'€' (U+20AC)")]
    [InlineData("train.device=gpu", 2, "device")]
    [InlineData("data.name=tinyshakespeare", 1, "gptsharp data get tinyshakespeare")]
    [InlineData("data.path=/no/such/folder", 1, "/no/such/folder")]
    [InlineData("model.block=50000", 1, "needs 50001")]
    public void A_wrong_setting_gets_one_sentence_and_leaves_nothing_behind(string assignment, int code, string said)
    {
        (int actual, string output, string error) = CommandProcess.Run([.. Arguments("wrong"), "--set", assignment]);

        Assert.Equal((code, ""), (actual, output));
        Assert.Contains(said, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("bug", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("wrong")));
    }

    [Fact]
    public void An_unknown_key_names_file_line_and_the_nearest_key()
    {
        File.WriteAllText(_config, Config.Replace("warmup", "warmpu", StringComparison.Ordinal));
        (int code, _, string error) = CommandProcess.Run(Arguments("wrong"));
        Assert.Equal(2, code);
        Assert.Contains($"{_config}:15: ", error, StringComparison.Ordinal);
        Assert.Contains("'train.warmup'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_configuration_is_asked_for()
    {
        (int code, _, string error) = CommandProcess.Run("train");
        Assert.Equal(2, code);
        Assert.Contains("a configuration is missing", error, StringComparison.Ordinal);
    }

    private string[] Arguments(string name) =>
        ["train", _config, "--set", $"train.out={_folder.Path}", "--set", $"train.name={name}", "--set", "train.threads=2"];

    private static bool IgnoresInterrupts()
    {
        const string name = "SigIgn:";
        const ulong interrupt = 1UL << (2 - 1);
        string? ignored = OperatingSystem.IsLinux() ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) : null;
        return ignored is not null && (Convert.ToUInt64(ignored[name.Length..].Trim(), 16) & interrupt) != 0;
    }

    private double[] Losses(string name) =>
    [
        .. File.ReadLines(_folder.At($"{name}/metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("event").GetString() == "step")
            .Select(line => line.GetProperty("loss").GetDouble()),
    ];
}
