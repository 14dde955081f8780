using System.Globalization;
using GptSharp.Files;
using GptSharp.Files.Gguf;

namespace GptSharp.Interop.Gguf;

/// <summary>Values of a GGUF file by key; a value of another type than expected is refused by its key.</summary>
internal sealed class GgufMetadata(GgufFile file)
{
    private readonly Dictionary<string, GgufValue> _values = new(file.Metadata, StringComparer.Ordinal);

    public string Path => file.Path;

    public IEnumerable<string> Keys => file.Metadata.Select(pair => pair.Key);

    public bool Has(string key) => _values.ContainsKey(key);

    public string? Text(string key) => Read(key, value => value.AsText(), "a text in UTF-8");

    public bool? Flag(string key) => _values.TryGetValue(key, out GgufValue? value) ? value.AsFlag() ?? throw IllTyped(key, "a truth value") : null;

    /// <summary>A whole number from <paramref name="least"/> up, or null when the key is absent.</summary>
    public int? Count(string key, int least = 1) => _values.TryGetValue(key, out GgufValue? value)
        ? value.AsInteger() is { } count && count >= least && count <= int.MaxValue ? (int)count : throw IllTyped(key, $"a whole number from {least} to {int.MaxValue}")
        : null;

    public int RequiredCount(string key) => Count(key) ?? throw Missing(key);

    /// <summary>
    /// A whole number that llama.cpp allows to differ from layer to layer, as an array; here all must be equal.
    /// </summary>
    public int? CountOfEveryLayer(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue? value) || value.Type != GgufValueType.Array)
        {
            return Count(key);
        }

        long[] counts = value.AsIntegers() ?? throw IllTyped(key, "whole numbers");
        return counts.Length > 0 && counts[0] is > 0 and <= int.MaxValue && counts.All(count => count == counts[0])
            ? (int)counts[0]
            : throw new RefusedFileException(Path, $"{key} differs from layer to layer, which is not supported here.");
    }

    /// <summary>A positive number; of the doubles that round to a float, the one with the fewest digits, which is what the writer meant.</summary>
    public double? PositiveNumber(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue? value))
        {
            return null;
        }

        double number = value.AsNumber() is { } given && given > 0 && double.IsFinite(given) ? given : throw IllTyped(key, "a positive number");
        return value.Type == GgufValueType.Float32
            ? double.Parse(((float)number).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : number;
    }

    public string[]? Texts(string key) => Read(key, value => value.AsTexts(), "an array of texts in UTF-8");

    public long[]? Integers(string key) => Read(key, value => value.AsIntegers(), "an array of whole numbers");

    public float[]? Singles(string key) => Read(key, value => value.AsSingles(), "an array of float32");

    public RefusedFileException Missing(string key) => new(Path, $"the key {key} is missing.");

    private T? Read<T>(string key, Func<GgufValue, T?> read, string expected)
        where T : class => _values.TryGetValue(key, out GgufValue? value) ? read(value) ?? throw IllTyped(key, expected) : null;

    private RefusedFileException IllTyped(string key, string expected)
    {
        GgufValue value = _values[key];
        string shown = value.Type == GgufValueType.Array ? $"an array of {value.ElementType}" : $"{value.Shown(1).First()} ({value.Type})";
        return new RefusedFileException(Path, $"{key} is {shown}; {expected} is needed.");
    }
}
