using System.Text.Json;
using GptSharp.Files;
using GptSharp.Nn;

namespace GptSharp.Training.Runs;

/// <summary>
/// One configuration, run once for each of several sets of overrides. Its folder holds <c>sweep.json</c>, which says which runs it has, and
/// a run folder for each of them.
/// </summary>
public sealed class Sweep
{
    private const string FileName = "sweep.json";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private Sweep(string folder, IReadOnlyList<SweepRun> runs) => (Folder, Runs) = (folder, runs);

    /// <summary>Where its runs are.</summary>
    public string Folder { get; }

    /// <summary>Its runs, in the order in which they are made.</summary>
    public IReadOnlyList<SweepRun> Runs { get; }

    /// <summary>Every combination of one value per key; the last key changes fastest.</summary>
    /// <param name="axes">Keys, each with its values, as <c>train.lr=1e-3,3e-3</c>; a comma within brackets, braces or quotes separates nothing.</param>
    /// <exception cref="ConfigurationException">An axis has no key or no value.</exception>
    public static IReadOnlyList<string[]> Grid(IEnumerable<string> axes)
    {
        List<string[]> combinations = [[]];
        foreach (string axis in axes)
        {
            int equals = axis.IndexOf('=', StringComparison.Ordinal);
            string[] values = equals < 1 ? [] : [.. SplitValues(axis[(equals + 1)..])];
            if (values.Length == 0 || values.Any(value => value.Length == 0))
            {
                throw new ConfigurationException(
                    $"'{axis}' is no axis of a grid; write a key and its values, for example train.lr=1e-3,3e-3.", "--grid");
            }

            combinations = [.. combinations.SelectMany(_ => values, (before, value) => (string[])[.. before, $"{axis[..equals]}={value}"])];
        }

        return combinations;
    }

    /// <summary>The overrides in a file: one run a line, its overrides separated by blanks; empty lines and lines that begin with # say nothing.</summary>
    /// <param name="path">The file.</param>
    public static IReadOnlyList<string[]> ReadList(string path) =>
    [
        .. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
    ];

    /// <summary>Starts a sweep, or goes on with one.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="overrides">The overrides of each run.</param>
    /// <param name="resume">Whether the folder may hold this very sweep already.</param>
    /// <exception cref="TrainingException">The folder holds something else, or the same without <paramref name="resume"/>.</exception>
    public static Sweep Open(string folder, IReadOnlyList<string[]> overrides, bool resume)
    {
        var sweep = new Sweep(folder, [.. overrides.Select((set, index) => new SweepRun(NameOf(index, set), set))]);
        string path = Path.Combine(folder, FileName), json = JsonSerializer.Serialize(new { runs = sweep.Runs }, Json) + "\n";
        if (sweep.Runs.Count == 0)
        {
            throw new ConfigurationException("a sweep needs at least one set of overrides.", "--grid");
        }

        if (File.Exists(path))
        {
            if (!resume)
            {
                throw new TrainingException($"{folder} holds a sweep already: go on with it by --resume, or start another by --name NAME.");
            }

            if (File.ReadAllText(path) != json)
            {
                throw new TrainingException($"{folder} holds a sweep over other values ({path}); start this one by --name NAME.");
            }
        }
        else if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new TrainingException($"{folder} exists already and holds no sweep; start this one by --name NAME.");
        }
        else
        {
            Directory.CreateDirectory(folder);
            AtomicFile.WriteText(path, json);
        }

        return sweep;
    }

    // The keys' last words suffice for people; the number makes it unique.
    private static string NameOf(int index, string[] overrides)
    {
        IEnumerable<string> words = overrides.Select(one => one[(one.LastIndexOf('.', one.IndexOf('=', StringComparison.Ordinal)) + 1)..]);
        string text = string.Concat(string.Join('-', words).Select(letter => char.IsAsciiLetterOrDigit(letter) || "=.-_+".Contains(letter) ? letter : '_'));
        return FormattableString.Invariant($"{index + 1:D3}-{(text.Length > 80 ? text[..80] : text)}");
    }

    private static IEnumerable<string> SplitValues(string text)
    {
        int depth = 0, start = 0;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (quote != '\0')
            {
                quote = letter == quote ? '\0' : quote;
            }
            else if (letter is '"' or '\'')
            {
                quote = letter;
            }
            else if (letter is ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
            else
            {
                depth += letter is '[' or '{' ? 1 : letter is ']' or '}' ? -1 : 0;
            }
        }

        yield return text[start..];
    }
}

/// <summary>One run of a sweep.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Overrides">What it overrides, each as <c>key=value</c>.</param>
public sealed record SweepRun(string Name, IReadOnlyList<string> Overrides);
