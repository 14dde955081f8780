using System.Globalization;
using GptSharp.Files;

namespace GptSharp.Training.Checkpoints;

/// <summary>The checkpoints of a run: which there are, which is newest and sound, which is best, which may go.</summary>
public sealed class CheckpointStore
{
    /// <summary>Name of the folder with the checkpoints, in a run's folder.</summary>
    public const string FolderName = "checkpoints";

    private const string Prefix = "step-";

    private readonly string _folder;

    /// <summary>The checkpoints below a run's folder.</summary>
    public CheckpointStore(string runFolder) => _folder = Path.Combine(runFolder, FolderName);

    /// <summary>Steps that have a checkpoint, ascending.</summary>
    public IReadOnlyList<long> Steps => !Directory.Exists(_folder) ? [] :
    [
        .. Directory.EnumerateDirectories(_folder, Prefix + "*")
            .Select(path => Path.GetFileName(path)[Prefix.Length..])
            .Where(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => long.Parse(name, CultureInfo.InvariantCulture))
            .Order(),
    ];

    /// <summary>Where the checkpoint of a step is.</summary>
    public string FolderOf(long step) =>
        Path.Combine(_folder, Prefix + step.ToString("D8", CultureInfo.InvariantCulture));

    /// <summary>Prepares the folder, and clears away what an interrupted save left.</summary>
    public void Open()
    {
        Directory.CreateDirectory(_folder);
        foreach (string unfinished in Directory.EnumerateDirectories(_folder, "*" + AtomicFile.TemporarySuffix))
        {
            Checkpoint.RemoveFolder(unfinished);
        }
    }

    /// <summary>The newest checkpoint that is whole.</summary>
    /// <param name="report">Told of every newer one that had to be passed over, with the reason.</param>
    /// <returns>Its folder and manifest; null if there is none.</returns>
    public (string Folder, CheckpointManifest Manifest)? FindNewest(Action<string> report)
    {
        foreach (long step in Steps.Reverse())
        {
            try
            {
                return (FolderOf(step), Checkpoint.Verify(FolderOf(step)));
            }
            catch (IOException exception)
            {
                report($"{exception.Message} Going back to the checkpoint before it.");
            }
        }

        return null;
    }

    /// <summary>The checkpoint with the lowest validation loss if it is there and whole, else the newest that is.</summary>
    /// <param name="report">Told of every one that had to be passed over, with the reason.</param>
    /// <exception cref="RefusedFileException">There is none.</exception>
    public (string Folder, CheckpointManifest Manifest) FindBest(Action<string> report)
    {
        (string Folder, CheckpointManifest Manifest) newest = FindNewest(report)
            ?? throw new RefusedFileException(_folder, "there is no sound checkpoint here.");
        if (newest.Manifest.BestStep is not { } best || best == newest.Manifest.Step || !Steps.Contains(best))
        {
            return newest;
        }

        try
        {
            return (FolderOf(best), Checkpoint.Verify(FolderOf(best)));
        }
        catch (IOException exception)
        {
            report($"{exception.Message} Taking the newest checkpoint instead of this best one.");
            return newest;
        }
    }

    /// <summary>Renames damaged checkpoints, so that the run can save those steps again and nothing is lost.</summary>
    /// <param name="step">The newest sound checkpoint.</param>
    public void SetAsideAfter(long step)
    {
        foreach (long damaged in Steps.Where(other => other > step))
        {
            string aside = FolderOf(damaged) + ".damaged";
            Checkpoint.RemoveFolder(aside);
            Directory.Move(FolderOf(damaged), aside);
        }
    }

    /// <summary>Deletes the checkpoint of a step.</summary>
    public void Remove(long step) => Checkpoint.RemoveFolder(FolderOf(step));

    /// <summary>Deletes what need not be kept.</summary>
    /// <returns>The steps whose checkpoints are gone.</returns>
    public IReadOnlyList<long> Prune(Retention retention, long? bestStep)
    {
        IReadOnlyList<long> superfluous = retention.Superfluous(Steps, bestStep);
        foreach (long step in superfluous)
        {
            Remove(step);
        }

        return superfluous;
    }
}
