using System.CommandLine;
using GptSharp.Cli.Display;
using GptSharp.Cli.Proof;
using GptSharp.Training;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Profiling;
using GptSharp.Training.Proof;
using GptSharp.Training.Runs;
using Spectre.Console;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp train</c>: a run from its configuration to its summary.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string?> config = new("config")
        {
            Description = "The YAML file that decides the run.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string[]> assignments = new("--set")
        {
            Description = "Sets a key, whatever the file says; may be given often.",
            HelpName = "key=value",
            AllowMultipleArgumentsPerToken = false,
        };
        Option<bool> resume = new("--resume") { Description = "Go on with the run in its folder, from its newest checkpoint." };
        Option<string?> device = new("--device") { Description = $"What computes: {string.Join(", ", Devices.Names)}; short for --set train.device=….", HelpName = "name" };
        Option<string?> memoryLimit = new("--memory-limit") { Description = "Memory that the run may hold, 2GB for example; short for --set train.memory_limit=….", HelpName = "size" };
        Option<string?> profile = new("--profile") { Description = "Steps to profile: where their time goes, as a table, as JSON and as a Chrome trace in the run's folder.", HelpName = "first:last" };
        Option<string?> init = new("--init") { Description = "Start from the weights of this model's folder; short for --set train.init=….", HelpName = "DIR" };
        Option<bool> keys = new("--help-keys") { Description = "Explain every key of a configuration." };
        Option<bool> prove = new("--prove-resume")
        {
            Description = "Instead: prove that a run which is killed at random moments and resumed is the undisturbed one, to the bit.",
        };
        Option<bool> full = new("--full") { Description = "With --prove-resume: every combination of settings, and 10 kills of each." };
        Option<StatePart?> flip = new("--flip")
        {
            Description = "With --prove-resume: falsify one bit of the resumed state, to see that the proof notices: moment, position or random.",
            HelpName = "part",
        };
        Option<bool> awaitKill = new("--await-kill") { Description = "What --prove-resume starts.", Hidden = true };
        CommandWithExamples command = new(
            "train",
            "Train a model, and watch it learn. Ctrl-C finishes the step and saves; --resume goes on to the same bits.",
            "gptsharp train configs/quickstart.yaml",
            "gptsharp train configs/quickstart.yaml --set train.steps=200 --set train.name=short",
            "gptsharp train configs/quickstart.yaml --resume",
            "gptsharp train configs/quickstart.yaml --profile 20:30",
            "gptsharp train configs/quickstart.yaml --init runs/quickstart --set train.name=further --set train.lr=1e-4",
            "gptsharp train --prove-resume configs/prove-resume.yaml",
            "gptsharp train --help-keys")
        {
            config,
            assignments,
            resume,
            device,
            memoryLimit,
            profile,
            init,
            keys,
            prove,
            full,
            flip,
            awaitKill,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(config) is null && !result.GetValue(keys))
            {
                result.AddError("a configuration is missing, for example configs/quickstart.yaml.");
            }
            else if (!result.GetValue(prove) && (result.GetValue(full) || result.GetValue(flip) is not null))
            {
                result.AddError("--full and --flip belong to --prove-resume.");
            }
        });
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(keys))
            {
                output.Out.Write(RunConfigWriter.Reference());
                return ExitCode.Done;
            }

            string[] overrides = parsed.GetValue(assignments) ?? [];
            if (parsed.GetValue(device) is { } name)
            {
                overrides = [.. overrides, $"train.device={name}"];
            }

            if (parsed.GetValue(init) is { } start)
            {
                overrides = [.. overrides, $"train.init={start}"];
            }

            if (parsed.GetValue(memoryLimit) is { } limit)
            {
                overrides = [.. overrides, $"train.memory_limit={limit}"];
            }

            RunConfig run = RunConfigReader.Load(parsed.GetValue(config)!, overrides);
            if (parsed.GetValue(prove))
            {
                return ProofReport.Run(run, parsed.GetValue(full), parsed.GetValue(flip), output);
            }

            if (parsed.GetValue(awaitKill))
            {
                using Trainer trainer = new(run, new ProofDisplay(output.Out, run.Train.Steps), parsed.GetValue(resume));
                trainer.Run();
                return ExitCode.Done;
            }

            ProfileRange? range = parsed.GetValue(profile) is { } steps ? ProfileRange.Parse(steps) : null;
            using StopSignals signals = new();
            RunOutcome outcome = Run(run, parsed.GetValue(resume), output, signals.Token, range).Outcome;
            return outcome == RunOutcome.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
        });
        return command;
    }

    /// <summary>Trains one run, and shows it.</summary>
    /// <param name="config">The run.</param>
    /// <param name="resume">Whether it goes on with the run in its folder.</param>
    /// <param name="output">Where it is shown.</param>
    /// <param name="stop">Asks it to stop.</param>
    /// <param name="profile">The steps to profile; null for none.</param>
    public static RunFinished Run(
        RunConfig config, bool resume, CommandOutput output, CancellationToken stop, ProfileRange? profile = null)
    {
        TrainingObserver display = output.IsTerminal
            ? new TerminalDisplay(AnsiConsole.Console, TimeProvider.System)
            : new PlainDisplay(output.Out);
        try
        {
            using Trainer trainer = new(config, display, resume, notice => output.Error.WriteLine($"gptsharp: {notice}"), profile);
            return trainer.Run(stop);
        }
        finally
        {
            (display as IDisposable)?.Dispose();
        }
    }
}
