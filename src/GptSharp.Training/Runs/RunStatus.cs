using System.Text;
using System.Text.Json;

namespace GptSharp.Training.Runs;

/// <summary>How far a run has come, as its folder tells.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Step">Updates done.</param>
/// <param name="Steps">Updates in the whole run; null where it never started.</param>
/// <param name="Parameters">Parameters of its model.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="ValidationLoss">Last loss on the validation split.</param>
/// <param name="BestLoss">The lowest of them.</param>
/// <param name="Floor">Least validation loss possible, where it is known.</param>
/// <param name="Changed">When its history was last written to.</param>
public sealed record RunStatus(
    string Folder, RunState State, long Step, long? Steps, long? Parameters,
    double? Loss, double? ValidationLoss, double? BestLoss, double? Floor, DateTime Changed)
{
    /// <summary>The run in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Its status; null if the folder holds no run.</returns>
    public static RunStatus? Of(string folder)
    {
        if (!File.Exists(Path.Combine(folder, RunFolder.ConfigName)))
        {
            return null;
        }

        string metrics = Path.Combine(folder, RunFolder.MetricsName);
        var status = new RunStatus(folder, RunState.Stopped, 0, null, null, null, null, null, null, Directory.GetLastWriteTimeUtc(folder));
        if (File.Exists(metrics))
        {
            status = Read(metrics).Aggregate(status with { Changed = File.GetLastWriteTimeUtc(metrics) }, (before, line) => before.With(line));
        }

        return RunLock.IsHeld(folder) ? status with { State = RunState.Running } : status;
    }

    /// <summary>Every run below a folder, sweeps' runs included, in the order of their names.</summary>
    /// <param name="folder">The folder.</param>
    public static IReadOnlyList<RunStatus> Find(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 };
        return [.. Directory.EnumerateDirectories(folder, "*", options).Order(StringComparer.Ordinal).Select(Of).OfType<RunStatus>()];
    }

    private RunStatus With(JsonElement line)
    {
        long step = line.GetProperty("step").GetInt64();
        double? Number(string name) => line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
        return line.GetProperty("event").GetString() switch
        {
            "started" => this with { State = RunState.Stopped, Step = step, Steps = (long?)Number("steps"), Parameters = (long?)Number("parameters") },
            "step" => this with { Step = step, Loss = Number("loss") },
            "eval" => this with
            {
                ValidationLoss = Number("val_loss"),
                BestLoss = Number("val_loss") is { } loss && !(loss >= BestLoss) ? loss : BestLoss,
                Floor = Number("floor"),
            },
            "finished" => this with { State = line.GetProperty("outcome").GetString() == "completed" ? RunState.Completed : RunState.Interrupted },
            _ => this,
        };
    }

    // The last line of a run that is being written, or was killed, may be unfinished.
    private static IEnumerable<JsonElement> Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            JsonElement element;
            try
            {
                element = JsonElement.Parse(line);
            }
            catch (JsonException)
            {
                yield break;
            }

            yield return element;
        }
    }
}

/// <summary>What a run is doing.</summary>
public enum RunState
{
    /// <summary>A process is training it now.</summary>
    Running,

    /// <summary>Every step is done.</summary>
    Completed,

    /// <summary>It was asked to stop, and saved a checkpoint first.</summary>
    Interrupted,

    /// <summary>It ended without a word: it failed, or its process was killed.</summary>
    Stopped,
}
