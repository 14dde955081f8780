namespace GptSharp.Files;

/// <summary>A file that is damaged, truncated or not what was expected; the message names it in one clear sentence.</summary>
public sealed class RefusedFileException : IOException
{
    /// <summary>Creates the exception: the file, and what is wrong with it.</summary>
    public RefusedFileException(string path, string problem)
        : base($"{path}: {problem}") => Path = path;

    /// <summary>Creates the exception with what caused it.</summary>
    public RefusedFileException(string path, string problem, Exception innerException)
        : base($"{path}: {problem}", innerException) => Path = path;

    /// <summary>The refused file.</summary>
    public string Path { get; }
}
