using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Cli.Display;
using GptSharp.Training.Runs;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp runs</c>: the runs in a folder, and how far each has come.</summary>
internal static class RunsCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Command Create(CommandOutput output)
    {
        Argument<string> folder = new("folder")
        {
            Description = "The folder that holds run folders.",
            DefaultValueFactory = _ => "runs",
        };
        Option<bool> json = new("--json") { Description = "Print an array of objects, with every figure." };
        CommandWithExamples command = new(
            "runs",
            "List the runs in a folder: what they are doing, how far they are, and how good.",
            "gptsharp runs",
            "gptsharp runs runs/my-sweep")
        {
            folder,
            json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            if (!Directory.Exists(path))
            {
                throw new DirectoryNotFoundException($"there is no folder {path}; 'gptsharp train' makes it.");
            }

            IReadOnlyList<RunStatus> runs = RunStatus.Find(path);
            if (parsed.GetValue(json))
            {
                output.Out.WriteLine(JsonSerializer.Serialize(runs.Select(run => run with { Folder = Path.GetRelativePath(path, run.Folder) }), Json));
            }
            else
            {
                Write(path, runs, output.Out);
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Writes the table.</summary>
    public static void Write(string folder, IReadOnlyList<RunStatus> runs, TextWriter writer)
    {
        if (runs.Count == 0)
        {
            writer.WriteLine($"There are no runs in {folder}.");
            return;
        }

        TextTable table = new("run", "state", ">step", ">loss", ">validation", ">best", "changed");
        foreach (RunStatus run in runs)
        {
            table.Add(
                Path.GetRelativePath(folder, run.Folder),
                run.State.ToString().ToLowerInvariant(),
                run.Steps is { } steps ? $"{Format.Count(run.Step)}/{Format.Count(steps)}" : "–",
                Format.Loss(run.Loss),
                Format.Loss(run.ValidationLoss),
                Format.Loss(run.BestLoss),
                run.Changed.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
        }

        table.Write(writer);
    }
}
