using System.Globalization;
using System.Text.RegularExpressions;
using GptSharp.Training.Proof;

namespace GptSharp.Cli.Tests.Commands;

public sealed class ProveResumeTests
{
    private static readonly string Config = Path.Combine(Golden.Repository, "configs", "prove-resume.yaml");

    [Fact]
    public void Runs_that_are_killed_and_resumed_are_the_undisturbed_ones_to_the_bit_for_every_pair_of_settings()
    {
        (int code, string output, string error) = CommandProcess.Run("train", "--prove-resume", Config);

        Assert.Equal((0, ""), (code, error));
        int settings = ProofSetting.Pairs.Count;
        Assert.Equal(settings, output.Split('\n').Count(line => line.EndsWith(": equal to the bit", StringComparison.Ordinal)));
        Match summary = Regex.Match(output, @"^(\d+) kills, (\d+) of them inside a save", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        Assert.Equal(3 * settings, int.Parse(summary.Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.InRange(int.Parse(summary.Groups[2].Value, CultureInfo.InvariantCulture), 1, 3 * settings);
    }

    [Theory]
    [InlineData("moment", "the moment exp_avg.")]
    [InlineData("position", "the data position (next batch) is ")]
    [InlineData("random", "the state of the random numbers (seed) is ")]
    public void One_flipped_bit_of_the_state_is_noticed_and_named(string part, string name)
    {
        (int code, string output, string error) = CommandProcess.Run("train", "--prove-resume", Config, "--flip", part);
        Match folder = Regex.Match(output, "runs in (.*)$", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        Directory.Delete(folder.Groups[1].Value, recursive: true);

        Assert.Equal(1, code);
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Contains("DIFFERENT", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_options_are_refused_without_it()
    {
        (int code, _, string error) = CommandProcess.Run("train", Config, "--full");
        Assert.Equal(2, code);
        Assert.Contains("--prove-resume", error, StringComparison.Ordinal);
    }
}
