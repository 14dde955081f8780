using System.Globalization;
using System.Text.Json;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Proof;

/// <summary>Compares what two runs have written down: every loss, and the state at the end.</summary>
public static class RunComparison
{
    private static readonly string[] Figures = ["loss", "grad_norm", "lr"];

    /// <summary>The first thing in which two finished runs differ; null if every bit is the same.</summary>
    /// <param name="expected">Folder of one run.</param>
    /// <param name="actual">Folder of the other.</param>
    public static string? FirstDifference(string expected, string actual)
    {
        (CheckpointStore wanted, CheckpointStore found) = (new(expected), new(actual));
        long last = wanted.Steps[^1];
        return found.Steps is not [.., long end] || end != last ? $"the run ends without a checkpoint of step {last}"
            : CheckpointComparison.FirstDifference(wanted.FolderOf(last), found.FolderOf(last)) is { } difference ? $"after step {last}, {difference}"
            : DifferentHistory(Steps(expected), Steps(actual));
    }

    private static string? DifferentHistory(List<Dictionary<string, string>> wanted, List<Dictionary<string, string>> found)
    {
        if (wanted.Count != found.Count)
        {
            return $"the history has {found.Count} steps instead of {wanted.Count}";
        }

        for (int i = 0; i < wanted.Count; i++)
        {
            foreach (string figure in Figures.Where(figure => wanted[i][figure] != found[i][figure]))
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"the {figure} of step {i + 1} is {found[i][figure]} instead of {wanted[i][figure]}");
            }
        }

        return null;
    }

    // Numbers stand there in full, so equal texts are equal bits.
    private static List<Dictionary<string, string>> Steps(string run) =>
    [
        .. File.ReadLines(Path.Combine(run, RunFolder.MetricsName))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("event").GetString() == "step")
            .Select(line => Figures.ToDictionary(figure => figure, figure => line.GetProperty(figure).GetRawText())),
    ];
}
