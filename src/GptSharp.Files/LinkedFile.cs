namespace GptSharp.Files;

/// <summary>
/// Symbolic links among the files of a model's folder. They may lead anywhere, and whoever opens a folder that others made does not expect
/// anything else to be read; so they are refused wherever they lead, because a folder on their way may be a link itself.
/// </summary>
public static class LinkedFile
{
    /// <summary>Makes sure that a file, if there is one, is no link.</summary>
    /// <exception cref="RefusedFileException">It is one.</exception>
    public static void Refuse(string path)
    {
        if (new FileInfo(path).LinkTarget is { } target)
        {
            throw new RefusedFileException(path, $"it is a link to {target}, and nothing outside of the folder is opened; put the file itself there.");
        }
    }
}
