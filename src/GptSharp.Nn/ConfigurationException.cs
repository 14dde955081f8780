namespace GptSharp.Nn;

/// <summary>
/// A setting that the user chose is impossible or unknown. The message is one sentence that names the setting, and, where they are
/// known, the file and line it came from; the command line turns it into exit code 2.
/// </summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problem">One sentence: what is wrong, what was expected, what to do.</param>
    /// <param name="key">The setting at fault, as <c>section.key</c>; null when no single one is.</param>
    /// <param name="source">Where the setting came from: a file's path, or a command-line option; null when set in code.</param>
    /// <param name="line">Line in that file, counted from 1; null when it has none.</param>
    public ConfigurationException(string problem, string? key = null, string? source = null, int? line = null)
        : base(Locate(problem, source, line))
    {
        Problem = problem;
        Key = key;
        Origin = source;
        Line = line;
    }

    /// <summary>The sentence without its place.</summary>
    public string Problem { get; }

    /// <summary>The setting at fault, as <c>section.key</c>, or null.</summary>
    public string? Key { get; }

    /// <summary>File or command-line option that holds the setting, or null when it was set in code.</summary>
    public string? Origin { get; }

    /// <summary>Line in the file, counted from 1, or null.</summary>
    public int? Line { get; }

    private static string Locate(string problem, string? source, int? line) => (source, line) switch
    {
        (null, _) => problem,
        (_, null) => $"{source}: {problem}",
        _ => $"{source}:{line}: {problem}",
    };
}
