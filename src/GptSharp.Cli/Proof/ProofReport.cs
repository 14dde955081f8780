using GptSharp.Training;
using GptSharp.Training.Configuration;
using GptSharp.Training.Proof;

namespace GptSharp.Cli.Proof;

/// <summary>Proves settings, several at a time: a line for each as it comes, and a table at the end.</summary>
internal static class ProofReport
{
    private const int FewKills = 3, ManyKills = 10;

    /// <summary>Runs the proof.</summary>
    /// <param name="config">The run.</param>
    /// <param name="isFull">Every combination and 10 kills, instead of every pair and 3.</param>
    /// <param name="flip">What to falsify, in one setting; null for the proof itself.</param>
    /// <param name="output">Where to write.</param>
    /// <returns>The exit code: 1 if a run differs.</returns>
    public static int Run(RunConfig config, bool isFull, StatePart? flip, CommandOutput output)
    {
        IReadOnlyList<ProofSetting> settings = flip is not null ? [ProofSetting.Pairs[^1]] : isFull ? ProofSetting.All : ProofSetting.Pairs;
        int kills = flip is not null ? 1 : isFull ? ManyKills : FewKills;
        string folder = Directory.CreateTempSubdirectory("gptsharp-proof-").FullName;
        output.Out.WriteLine($"settings: {settings.Count}; kills of each: {kills}, and each time a fresh process goes on; runs in {folder}");
        var proof = new ResumeProof(config, folder, kills, flip);
        var outcomes = new ProofOutcome[settings.Count];
        int done = 0;
        Lock writing = new();
        Parallel.For(0, settings.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            outcomes[i] = proof.Run(settings[i]);
            lock (writing)
            {
                output.Out.WriteLine($"{++done}/{settings.Count}  {Describe(settings[i])}: {outcomes[i].Difference ?? "equal to the bit"}");
                output.Out.Flush();
            }
        });

        WriteTable(outcomes, output.Out);
        if (Array.Find(outcomes, outcome => outcome.Difference is not null) is { } first)
        {
            throw new TrainingException($"A killed run is not the undisturbed one. {Describe(first.Setting)}: {first.Difference}. Both runs are in {folder}.");
        }

        Directory.Delete(folder, recursive: true);
        output.Out.WriteLine(
            $"{outcomes.Sum(outcome => outcome.Kills)} kills, {outcomes.Sum(outcome => outcome.InsideSaves)} of them inside a save: "
            + "every loss, weight, moment and next batch is equal to the bit.");
        return ExitCode.Done;
    }

    private static string Describe(ProofSetting setting) =>
        $"{setting.Values[0]}, recompute {setting.Values[1]}, {setting.Values[2]} x {setting.Values[4]} sequences, dropout {setting.Values[3]}, "
        + $"loss rows {setting.Values[5]}";

    private static void WriteTable(IEnumerable<ProofOutcome> outcomes, TextWriter writer)
    {
        writer.WriteLine();
        TextTable table = new("precision", "recompute", ">accumulation", ">dropout", ">micro-batch", ">loss rows", ">kills", ">inside a save", ">steps again", "result");
        foreach (ProofOutcome outcome in outcomes)
        {
            table.Add([
                .. outcome.Setting.Values, $"{outcome.Kills}", $"{outcome.InsideSaves}", $"{outcome.StepsAgain}",
                outcome.Difference is null ? "equal" : "DIFFERENT"]);
        }

        table.Write(writer);
        writer.WriteLine();
    }
}
