using GptSharp.Files;

namespace GptSharp.Training.Runs;

/// <summary>The lock of a run's folder: one process at a time trains in it, or prunes it.</summary>
public static class RunLock
{
    /// <summary>Name of the file that says which process works on the run.</summary>
    public const string FileName = "run.lock";

    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(50);

    /// <summary>Takes the lock, which lasts until it is disposed or its process ends.</summary>
    /// <exception cref="TrainingException">Another process has it, or this one already.</exception>
    public static IDisposable Take(string runFolder)
    {
        string path = Path.Combine(runFolder, FileName);
        FileLock? taken = FileLock.TryTake(path, out string? owner);
        if (taken is null)
        {
            // Somebody who only looks holds it for a moment.
            Thread.Sleep(LongestLook);
            taken = FileLock.TryTake(path, out owner);
        }

        return taken ?? throw new TrainingException(
            $"{runFolder} is in use: {owner} is working on this run. Wait for its end, or stop it; nothing was changed.");
    }

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
