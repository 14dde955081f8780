using System.CommandLine;
using System.Runtime.InteropServices;
using GptSharp.Cli.Display;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
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
        Option<string?> device = new("--device") { Description = "What computes: auto, cpu or reference; short for --set train.device=….", HelpName = "name" };
        Option<bool> keys = new("--help-keys") { Description = "Explain every key of a configuration." };
        CommandWithExamples command = new(
            "train",
            "Train a model, and watch it learn. Ctrl-C finishes the step and saves; --resume goes on to the same bits.",
            "gptsharp train configs/quickstart.yaml",
            "gptsharp train configs/quickstart.yaml --set train.steps=200 --set train.name=short",
            "gptsharp train configs/quickstart.yaml --resume",
            "gptsharp train --help-keys")
        {
            config,
            assignments,
            resume,
            device,
            keys,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(config) is null && !result.GetValue(keys))
            {
                result.AddError("a configuration is missing, for example configs/quickstart.yaml.");
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

            return Run(RunConfigReader.Load(parsed.GetValue(config)!, overrides), parsed.GetValue(resume), output);
        });
        return command;
    }

    private static int Run(RunConfig config, bool resume, CommandOutput output)
    {
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

        TrainingObserver display = output.IsTerminal
            ? new TerminalDisplay(AnsiConsole.Console, TimeProvider.System)
            : new PlainDisplay(output.Out);
        try
        {
            using Trainer trainer = new(config, display, resume, notice => output.Error.WriteLine($"gptsharp: {notice}"));
            return trainer.Run(stop.Token).Outcome == RunOutcome.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
        }
        finally
        {
            (display as IDisposable)?.Dispose();
        }

        // The first signal asks; a second one, from somebody who does not want to wait, ends the process at once.
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}
