using System.CommandLine;
using GptSharp.Cli.Display;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Configuration;
using GptSharp.Training.Runs;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp sweep</c>: one configuration, run for every combination of some values, one after another.</summary>
internal static class SweepCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string> config = new("config") { Description = "The YAML file that all runs share." };
        Option<string[]> grid = new("--grid")
        {
            Description = "A key and the values that it takes; several make every combination of them.",
            HelpName = "key=value,value",
            AllowMultipleArgumentsPerToken = false,
        };
        Option<string?> list = new("--list") { Description = "A file with the overrides of one run on each line, instead of a grid.", HelpName = "file" };
        Option<string[]> assignments = new("--set")
        {
            Description = "Sets a key for all runs; may be given often.",
            HelpName = "key=value",
            AllowMultipleArgumentsPerToken = false,
        };
        Option<string?> name = new("--name") { Description = "Name of the sweep's folder; else that of the configuration with -sweep.", HelpName = "name" };
        Option<bool> resume = new("--resume") { Description = "Go on with the sweep in its folder: finished runs stay as they are, others go on." };
        CommandWithExamples command = new(
            "sweep",
            "Run a configuration with a grid or a list of overrides, one run after another; a table at the end shows which did best.",
            "gptsharp sweep configs/quickstart.yaml --grid train.lr=2e-3,4e-3,8e-3 --grid train.seed=1,2 --set train.steps=200",
            "gptsharp sweep configs/quickstart.yaml --list overrides.txt --name my-sweep",
            "gptsharp sweep configs/quickstart.yaml --list overrides.txt --name my-sweep --resume")
        {
            config,
            grid,
            list,
            assignments,
            name,
            resume,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(list) is null) == (result.GetValue(grid) is not { Length: > 0 }))
            {
                result.AddError("either --grid or --list says what changes from run to run.");
            }
        });
        command.SetAction(parsed =>
        {
            IReadOnlyList<string[]> overrides = parsed.GetValue(list) is { } path
                ? Sweep.ReadList(path)
                : Sweep.Grid(parsed.GetValue(grid)!);
            string file = parsed.GetValue(config)!;
            string[] common = parsed.GetValue(assignments) ?? [];

            // Every run's configuration is read before the first one starts: a slip in the last one should not come to light in the morning.
            foreach (string[] set in overrides)
            {
                RunConfigReader.Load(file, [.. common, .. set]).Validate();
            }

            RunConfig shared = RunConfigReader.Load(file, common);
            string folder = Path.Combine(shared.Train.OutputFolder, parsed.GetValue(name) ?? $"{shared.Train.Name}-sweep");
            return Run(Sweep.Open(folder, overrides, parsed.GetValue(resume)), file, common, output);
        });
        return command;
    }

    private static int Run(Sweep sweep, string file, string[] common, CommandOutput output)
    {
        using StopSignals signals = new();
        bool hasFailed = false;
        for (int i = 0; i < sweep.Runs.Count && !signals.Token.IsCancellationRequested; i++)
        {
            SweepRun run = sweep.Runs[i];
            RunStatus? before = RunStatus.Of(Path.Combine(sweep.Folder, run.Name));
            if (before?.State == RunState.Completed)
            {
                continue;
            }

            output.Out.WriteLine($"run {i + 1} of {sweep.Runs.Count}: {string.Join("  ", run.Overrides)}");
            RunConfig config = RunConfigReader.Load(file, [.. common, .. run.Overrides, $"train.out={sweep.Folder}", $"train.name={run.Name}"]);
            try
            {
                TrainCommand.Run(config, resume: before is not null, output, signals.Token);
            }
            catch (Exception exception) when (exception is TrainingException or ConfigurationException)
            {
                // The other runs may fare better.
                hasFailed = true;
                output.Error.WriteLine($"gptsharp: {run.Name}: {exception.Message}");
            }

            output.Out.WriteLine();
        }

        Write(sweep, output.Out);
        return signals.Token.IsCancellationRequested ? ExitCode.Interrupted : hasFailed ? ExitCode.Failed : ExitCode.Done;
    }

    // The best run first; those without a validation loss last.
    private static void Write(Sweep sweep, TextWriter writer)
    {
        TextTable table = new("overrides", "state", ">step", ">loss", ">validation", ">best");
        var runs = sweep.Runs.Select(run => (Run: run, Status: RunStatus.Of(Path.Combine(sweep.Folder, run.Name))));
        foreach ((SweepRun run, RunStatus? status) in runs.OrderBy(pair => pair.Status?.ValidationLoss ?? double.PositiveInfinity))
        {
            table.Add(
                string.Join(" ", run.Overrides),
                status?.State.ToString().ToLowerInvariant() ?? "not started",
                Format.Count(status?.Step ?? 0),
                Format.Loss(status?.Loss),
                Format.Loss(status?.ValidationLoss),
                Format.Loss(status?.BestLoss));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine($"saved in {sweep.Folder}");
    }
}
