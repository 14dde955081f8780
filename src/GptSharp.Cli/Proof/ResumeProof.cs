using System.Globalization;
using GptSharp.Files;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Proof;
using GptSharp.Training.Runs;

namespace GptSharp.Cli.Proof;

/// <summary>
/// Trains a setting twice: undisturbed in this process, and in processes that are killed at random moments and resumed by fresh ones. After
/// every kill, and at the end, the two must agree to the bit.
/// </summary>
/// <param name="config">The run.</param>
/// <param name="folder">Where runs go.</param>
/// <param name="kills">How often the second run is killed.</param>
/// <param name="flip">What to falsify after the first kill, to see that it is noticed; null for nothing.</param>
internal sealed class ResumeProof(RunConfig config, string folder, int kills, StatePart? flip)
{
    // A save may take as long as an interval here; the next one waits for it.
    private const int Interval = 2;

    // About what a step and a save of a small model take.
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(6);
    private static readonly TimeSpan LongestSave = TimeSpan.FromMilliseconds(3);

    /// <summary>Proves one setting.</summary>
    public ProofOutcome Run(ProofSetting setting)
    {
        try
        {
            return Compare(setting);
        }
        catch (TrainingException exception)
        {
            return new ProofOutcome(setting) { Difference = exception.Message };
        }
    }

    private ProofOutcome Compare(ProofSetting setting)
    {
        long steps = (2 * kills) + 6;
        RunConfig undisturbed = Prepare(setting, steps, "undisturbed"), killed = Prepare(setting, steps, "killed");
        using (var trainer = new Trainer(undisturbed, new Silent()))
        {
            trainer.Run();
        }

        string file = Path.Combine(folder, setting.Name + ".yaml");
        AtomicFile.WriteText(file, RunConfigWriter.ToYaml(killed));
        var outcome = new ProofOutcome(setting);
        var random = new Random(HashCode.Combine(config.Train.Seed, setting));


        // What is to be falsified must have been saved.
        long[] moments = flip is not null ? [(2 * Interval) + 1] : [.. Enumerable.Range(0, kills).Select(_ => random.NextInt64(1, steps + 1)).Order()];
        for (int kill = 0; kill < kills && outcome.Difference is null; kill++)
        {
            // Every other kill is aimed at a save; the rest fall where they fall.
            bool atSave = kill % 2 == 0 && moments[kill] < steps - Interval;
            long reached = ProofProcess.Kill(
                file, isResumed: kill > 0, atSave ? ProofDisplay.Save : ProofDisplay.Step, moments[kill],
                (atSave ? LongestSave : LongestStep) * random.NextDouble());
            outcome = AfterKill(outcome, undisturbed, killed, reached);
            if (kill == 0 && flip is { } part && outcome.Difference is null)
            {
                StateFlip.Apply(Newest(killed)!, part);
            }
        }

        if (outcome.Difference is not null)
        {
            return outcome;
        }

        ProofProcess.Finish(file);
        return outcome with { Difference = RunComparison.FirstDifference(undisturbed.Train.RunFolder, killed.Train.RunFolder) };
    }

    private static ProofOutcome AfterKill(ProofOutcome outcome, RunConfig undisturbed, RunConfig killed, long reached)
    {
        var store = new CheckpointStore(killed.Train.RunFolder);
        bool insideSave = Directory.EnumerateDirectories(
            Path.Combine(killed.Train.RunFolder, CheckpointStore.FolderName), "*" + AtomicFile.TemporarySuffix).Any();
        outcome = outcome with { Kills = outcome.Kills + 1, InsideSaves = outcome.InsideSaves + (insideSave ? 1 : 0) };
        string when = string.Create(CultureInfo.InvariantCulture, $"after kill {outcome.Kills}, at step {reached}, ");
        if (Newest(killed) is not { } newest)
        {
            // Before the first save has come to its end there is none.
            return reached > 2 * Interval ? outcome with { Difference = when + "there is no checkpoint" } : outcome;
        }

        long step = store.Steps[^1];
        string wanted = new CheckpointStore(undisturbed.Train.RunFolder).FolderOf(step);
        return reached - step > 2 * Interval
            ? outcome with { Difference = when + string.Create(CultureInfo.InvariantCulture, $"the newest checkpoint is of step {step}: more than an interval of {Interval} steps and the save under way is lost") }
            : CheckpointComparison.FirstDifference(wanted, newest) is { } difference
                ? outcome with { Difference = $"{when}{difference}" }
                : outcome with { StepsAgain = outcome.StepsAgain + reached - step };
    }

    private static string? Newest(RunConfig run) => new CheckpointStore(run.Train.RunFolder)
        .FindNewest(problem => throw new TrainingException($"A kill has left a damaged checkpoint: {problem}"))?.Folder;

    private RunConfig Prepare(ProofSetting setting, long steps, string name)
    {
        RunConfig applied = setting.ApplyTo(config);
        return applied with
        {
            Train = applied.Train with
            {
                Steps = steps,
                WarmupSteps = Math.Min(applied.Train.WarmupSteps, steps / 2),
                CheckpointEvery = Interval,
                KeepEvery = name == "undisturbed" ? 1 : 0,
                EvaluateEvery = 3 * Interval,
                EvaluationBatches = 1,
                Threads = 1,
                OutputFolder = Path.Combine(folder, setting.Name),
                Name = name,
            },
            Sample = applied.Sample with { Every = 0, Count = 1, Length = 1 },
        };
    }

    private sealed class Silent : TrainingObserver;
}

/// <summary>What became of a setting.</summary>
/// <param name="Setting">The setting.</param>
internal sealed record ProofOutcome(ProofSetting Setting)
{
    /// <summary>Processes that were killed.</summary>
    public int Kills { get; init; }

    /// <summary>Kills that left a checkpoint half written.</summary>
    public int InsideSaves { get; init; }

    /// <summary>Steps that were done again.</summary>
    public long StepsAgain { get; init; }

    /// <summary>The first thing in which the killed run and the undisturbed one differ; null if they are equal.</summary>
    public string? Difference { get; init; }
}
