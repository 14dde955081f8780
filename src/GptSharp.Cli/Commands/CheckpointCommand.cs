using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Runs;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp checkpoint</c>: what a run has saved, whether it is sound, and what of it may go.</summary>
internal static class CheckpointCommand
{
    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "checkpoint",
        "List a run's checkpoints, check every byte of them, or delete those that need not be kept.",
        "gptsharp checkpoint list runs/quickstart",
        "gptsharp checkpoint verify runs/quickstart",
        "gptsharp checkpoint prune runs/quickstart --keep-last 1")
    {
        CreateList(output),
        CreateVerify(output),
        CreatePrune(output),
    };

    private static Argument<string> Run() => new("run") { Description = "The folder of the run." };

    private static CommandWithExamples CreateList(CommandOutput output)
    {
        Argument<string> run = Run();
        CommandWithExamples command = new("list", "List the checkpoints of a run, as their manifests have it.", "gptsharp checkpoint list runs/quickstart") { run };
        command.SetAction(parsed =>
        {
            CheckpointStore store = Open(parsed.GetValue(run)!);
            TextTable table = new(">step", ">MB", "written by", "optimizer", ">best loss", "");
            foreach (long step in store.Steps)
            {
                string folder = store.FolderOf(step);
                try
                {
                    CheckpointManifest manifest = CheckpointManifest.Load(folder);
                    table.Add(
                        Format.Count(step), Megabytes(folder), manifest.Writer, manifest.Optimizer.ToString(),
                        Format.Loss(manifest.BestLoss), manifest.BestStep == step ? "best when it was saved" : "");
                }
                catch (IOException exception)
                {
                    table.Add(Format.Count(step), Megabytes(folder), "–", "–", "–", exception.Message);
                }
            }

            table.Write(output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static CommandWithExamples CreateVerify(CommandOutput output)
    {
        Argument<string> run = new("run") { Description = "The folder of the run, or of one checkpoint." };
        CommandWithExamples command = new(
            "verify", "Read every byte of a run's checkpoints and compare its hashes; exit 1 if one is damaged.", "gptsharp checkpoint verify runs/quickstart") { run };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(run)!;
            string[] folders = File.Exists(Path.Combine(path, CheckpointManifest.FileName)) ? [path] : [.. FoldersOf(Open(path))];
            int damaged = 0;
            foreach (string folder in folders)
            {
                try
                {
                    Checkpoint.Verify(folder);
                    output.Out.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}  sound, {Megabytes(folder)} MB");
                }
                catch (IOException exception)
                {
                    damaged++;
                    output.Out.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}  {exception.Message}");
                }
            }

            return damaged == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static CommandWithExamples CreatePrune(CommandOutput output)
    {
        Argument<string> run = Run();
        Option<int?> last = new("--keep-last") { Description = "How many of the newest stay; else as the run's configuration says.", HelpName = "count" };
        Option<long?> every = new("--keep-every") { Description = "Those of every so many steps stay, too; 0 for none.", HelpName = "steps" };
        Option<bool> best = new("--drop-best") { Description = "Delete the best one as well, unless it stays for another reason." };
        Option<bool> dryRun = new("--dry-run") { Description = "Say what would go, and delete nothing." };
        CommandWithExamples command = new(
            "prune", "Delete the checkpoints that need not be kept: all but the newest, the best, and every n-th step's.",
            "gptsharp checkpoint prune runs/quickstart --keep-last 1 --dry-run")
        {
            run,
            last,
            every,
            best,
            dryRun,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(last) < 1 || result.GetValue(every) < 0)
            {
                result.AddError("--keep-last is at least 1, and --keep-every at least 0.");
            }
        });
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(run)!;
            CheckpointStore store = Open(path);
            using IDisposable held = RunLock.Take(path);

            // The newest sound one knows which is best; damaged ones are nobody's to delete but the user's.
            (_, CheckpointManifest newest) = store.FindNewest(problem => output.Error.WriteLine($"gptsharp: {problem}"))
                ?? throw new IOException($"no checkpoint of {path} is sound, so none is deleted.");
            Retention retention = RunConfigReader.Parse(newest.Config, path).Train.Retention;
            retention = new Retention(
                parsed.GetValue(last) ?? retention.Last, retention.Best && !parsed.GetValue(best), parsed.GetValue(every) ?? retention.Every);
            IReadOnlyList<long> superfluous = retention.Superfluous(store.Steps, newest.BestStep);
            bool isDry = parsed.GetValue(dryRun);
            foreach (long step in superfluous)
            {
                output.Out.WriteLine($"{(isDry ? "would delete" : "deleted")} step {Format.Count(step)}, {Megabytes(store.FolderOf(step))} MB");
                if (!isDry)
                {
                    store.Remove(step);
                }
            }

            output.Out.WriteLine($"{Format.Count(store.Steps.Count - (isDry ? superfluous.Count : 0))} stay");
            return ExitCode.Done;
        });
        return command;
    }

    private static CheckpointStore Open(string run)
    {
        var store = new CheckpointStore(run);
        return store.Steps.Count > 0
            ? store
            : throw new DirectoryNotFoundException($"{run} holds no checkpoints; give the folder of a run, as 'gptsharp runs' lists them.");
    }

    private static IEnumerable<string> FoldersOf(CheckpointStore store) => store.Steps.Select(store.FolderOf);

    private static string Megabytes(string folder) =>
        (new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length) / 1e6).ToString("N1", CultureInfo.InvariantCulture);
}
