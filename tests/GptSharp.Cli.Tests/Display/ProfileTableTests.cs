using System.Globalization;
using Xunit;

namespace GptSharp.Cli.Tests.Display;

public sealed class ProfileTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_profile_is_a_table_of_80_columns()
    {
        (int code, string output, string error) = Train("--profile", "2:3");
        Assert.True(code == 0, error);
        string[] lines = output.Split('\n');
        int first = Array.FindIndex(lines, line => line.StartsWith("operation ", StringComparison.Ordinal));
        int last = Array.FindIndex(lines, line => line.StartsWith("step  ", StringComparison.Ordinal));
        Assert.True(first > 0 && last > first, output);
        Assert.All(lines[first..(last + 4)], line => Assert.True(line.Length <= 80, line));
        foreach (string row in (string[])["linear ", "attention backward", "adamw", "read batch", "unattributed"])
        {
            Assert.Contains(lines[first..last], line => line.StartsWith(row, StringComparison.Ordinal));
        }

        Assert.Matches(@"MFU [\d.]+ % = [\d,]+ FLOPs/token x [\d,]+ tokens/s / [\d.]+ GFLOP/s \(measured here", output);
        Assert.True(File.Exists(_folder.At("run", "profile.json")) && File.Exists(_folder.At("run", "trace.json")));
    }

    [Theory]
    [InlineData("--profile", "3:2", "no range of steps")]
    [InlineData("--profile", "3:40", "this run takes steps 1 to 4")]
    [InlineData("--memory-limit", "lots", "a size such as 2GB")]
    public void Wrong_options_are_refused_with_a_sentence(string option, string value, string expected)
    {
        (int code, _, string error) = Train(option, value);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("run")));
    }

    [Fact]
    public void A_limit_that_nothing_fits_into_ends_the_run_before_it_begins()
    {
        (int code, _, string error) = Train("--memory-limit", "100KB");
        Assert.Equal(1, code);
        Assert.Contains("train.memory_limit allows", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("run")));
    }

    private (int Code, string Out, string Error) Train(params string[] options)
    {
        string config = _folder.Put("run.yaml", """
            model: { layers: 2, heads: 2, channels: 16, block: 32 }
            data: { stories_characters: 40_000, validation_share: 0.1 }
            train: { steps: 4, batch: 4, eval_every: 0, checkpoint_every: 0 }
            sample: { length: 5 }
            """);
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(["train", config, "--set", $"train.out={_folder.Path}", .. options], new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }
}
