namespace GptSharp.Files;

/// <summary>Folders that appear whole or not at all: filled under a temporary name, then renamed.</summary>
public static class AtomicFolder
{
    /// <summary>Makes a folder.</summary>
    /// <param name="path">The folder, which is not there, or is empty.</param>
    /// <param name="fill">Writes the files into the folder whose path it gets.</param>
    /// <exception cref="IOException">The disk is full or refuses; nothing is left behind.</exception>
    public static void Write(string path, Action<string> fill)
    {
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string temporary = whole + AtomicFile.TemporarySuffix;
        if (File.Exists(temporary) || (Directory.Exists(temporary) && Directory.EnumerateFileSystemEntries(temporary).Any()))
        {
            throw new IOException($"{temporary} is in the way: what an interrupted command left, or yours; remove it first.");
        }

        Directory.CreateDirectory(temporary);
        try
        {
            fill(temporary);
            if (Directory.Exists(whole))
            {
                Directory.Delete(whole);
            }

            Directory.Move(temporary, whole);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        AtomicFile.FlushFolder(Path.GetDirectoryName(whole)!);
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }
}
