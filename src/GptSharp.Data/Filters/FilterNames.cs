namespace GptSharp.Data.Filters;

/// <summary>The filters that can be asked for by name.</summary>
public static class FilterNames
{
    private static readonly (string Name, Func<IReadOnlyList<string>, DocumentFilter> Create)[] Known =
    [
        ("c4", chosen => new C4Cleaning(chosen)),
        ("gopher-quality", chosen => new GopherQuality(chosen)),
        ("gopher-repetition", chosen => new GopherRepetition(chosen)),
        ("webtext", chosen => new WebTextFilter(chosen)),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>Words in a row that GPT-3's decontamination looks for.</summary>
    public const int ContaminationWords = ContaminationFilter.DefaultWords;

    /// <summary>Keeps documents with one of these licences.</summary>
    /// <param name="field">The field of a line of JSON that holds the licence.</param>
    /// <param name="allowed">The licences, in any case; of several in one document each must be here.</param>
    public static DocumentFilter Licence(string field, IReadOnlyList<string> allowed) => new LicenceFilter(field, allowed);

    /// <summary>Drops documents that have a run of words of an evaluation text.</summary>
    /// <param name="path">A text file, of which each line is an example, or JSON lines.</param>
    /// <param name="textField">The field of a line of JSON that holds its text.</param>
    /// <param name="words">Words in a row.</param>
    /// <exception cref="CorpusException">The file cannot be read, has nothing to compare with, or is too large.</exception>
    public static DocumentFilter Decontaminate(string path, string textField, int words) => new ContaminationFilter(path, textField, words);

    /// <summary>Creates a filter.</summary>
    /// <param name="text">Its name, and behind a colon thresholds other than its paper's: <c>gopher-quality:min_words=20,max_words=5000</c>.</param>
    /// <exception cref="FormatException">There is no such filter or threshold.</exception>
    public static DocumentFilter Create(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        string[] chosen = colon < 0 ? [] : text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Known.FirstOrDefault(known => known.Name == name).Create is { } create
            ? create(chosen)
            : throw new FormatException($"there is no filter '{name}'; there are {string.Join(", ", All)}.");
    }
}
