using System.Globalization;

namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>
/// Unicode's data for normalization: what characters are made of, and the order of marks. .NET leaves this to ICU, which programs that want
/// the same results on every machine go without. Source: Unicode 17, by make-normalization-table.mjs, which writes normalization.txt.
/// </summary>
internal sealed class NormalizationTable
{
    private const string Resource = "normalization.txt";

    private static readonly Lazy<NormalizationTable> Loaded = new(() => new NormalizationTable());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<int, int> _classes = [];
    private readonly Dictionary<(int First, int Second), int> _pairs = [];

    private NormalizationTable()
    {
        var composed = new List<int>();
        using Stream stream = typeof(NormalizationTable).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "C")
            {
                AddClass(int.Parse(words[1], CultureInfo.InvariantCulture), words[2..]);
                continue;
            }

            int code = Code(words[1]);
            (words[0] == "K" ? _compatible : _canonical).Add(code, [.. words[2..].Select(Code)]);
            if (words[0] == "D")
            {
                composed.Add(code);
            }
        }

        // A decomposition is given in full. The pair that composes is all but its last character, composed, and the last.
        foreach (int code in composed.OrderBy(code => _canonical[code].Length))
        {
            int[] parts = _canonical[code];
            int first = parts[0];
            foreach (int next in parts[1..^1])
            {
                first = _pairs[(first, next)];
            }

            _pairs.Add((first, parts[^1]), code);
        }
    }

    /// <summary>The table.</summary>
    public static NormalizationTable Instance => Loaded.Value;

    /// <summary>The canonical combining class: marks of different classes are sorted by it; 0 for what stays in place.</summary>
    public int ClassOf(int code) => _classes.GetValueOrDefault(code);

    /// <summary>What a character is made of, in full; null for one that is made of nothing else.</summary>
    public int[]? PartsOf(int code, bool compatible) =>
        compatible && _compatible.TryGetValue(code, out int[]? parts) ? parts : _canonical.GetValueOrDefault(code);

    /// <summary>The character that two others make; -1 if there is none.</summary>
    public int Compose(int first, int second) => _pairs.GetValueOrDefault((first, second), -1);

    private void AddClass(int number, string[] ranges)
    {
        foreach (string range in ranges)
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            for (int code = Code(range[..dash]); code <= Code(range[(dash + 1)..]); code++)
            {
                _classes.Add(code, number);
            }
        }
    }

    private static int Code(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
