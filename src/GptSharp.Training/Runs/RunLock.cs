using GptSharp.Files;

namespace GptSharp.Training.Runs;

/// <summary>The lock of a run's folder: one process at a time trains in it, or prunes it.</summary>
public static class RunLock
{
    /// <summary>Name of the file that says which process works on the run.</summary>
    public const string FileName = "run.lock";

    /// <summary>Takes the lock, which lasts until it is disposed or its process ends.</summary>
    /// <exception cref="TrainingException">Another process has it, or this one already.</exception>
    public static IDisposable Take(string runFolder) =>
        FileLock.TryTake(Path.Combine(runFolder, FileName), out string? owner) ?? throw new TrainingException(
            $"{runFolder} is in use: {owner} is working on this run. Wait for its end, or stop it; nothing was changed.");

    /// <summary>Whether somebody trains in the folder now, or prunes it.</summary>
    public static bool IsHeld(string runFolder)
    {
        string path = Path.Combine(runFolder, FileName);
        try
        {
            return File.Exists(path) && FileLock.IsHeld(path);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
