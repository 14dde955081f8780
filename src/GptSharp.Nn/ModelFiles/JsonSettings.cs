using System.Text.Json;
using GptSharp.Files;
using GptSharp.Files.Json;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// The keys of a <c>config.json</c>. A key whose value is null counts as absent, as in transformers; a value of another type than
/// expected is refused by its name.
/// </summary>
public sealed class JsonSettings : IDisposable
{
    private readonly string _path;
    private readonly string _prefix = "";
    private readonly JsonDocument? _document;
    private readonly JsonElement _root;

    /// <summary>Reads a file.</summary>
    /// <exception cref="RefusedFileException">There is none, it is a link, or it is no JSON object.</exception>
    public JsonSettings(string path)
    {
        _path = path;
        LinkedFile.Refuse(path);
        try
        {
            _document = JsonPlace.Parse(path, File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RefusedFileException(path, "it is missing; a model folder needs config.json and model.safetensors.", exception);
        }

        _root = _document.RootElement;
        if (_root.ValueKind != JsonValueKind.Object)
        {
            _document.Dispose();
            throw new RefusedFileException(path, "it is no object; one in braces is expected.");
        }

        try
        {
            ReadTexts(_root);
        }
        catch (InvalidOperationException exception)
        {
            _document.Dispose();
            throw new RefusedFileException(path, "it is no valid JSON: half of a surrogate pair stands in a text.", exception);
        }
    }

    private JsonSettings(string path, string prefix, JsonElement root) => (_path, _prefix, _root) = (path, prefix, root);

    /// <summary>What a number that must be positive is checked by.</summary>
    public static bool IsPositive(double value) => value > 0 && double.IsFinite(value);

    /// <inheritdoc/>
    public void Dispose() => _document?.Dispose();

    /// <summary>An object within the object, which lives as long as this; null when the key is absent.</summary>
    public JsonSettings? Section(string key) => Find(key) is not { } element ? null
        : element.ValueKind == JsonValueKind.Object ? new JsonSettings(_path, FullName(key) + ".", element)
        : throw IllTyped(key, element, "an object in braces");

    /// <summary>A key as messages name it: with the objects that it stands in.</summary>
    public string FullName(string key) => _prefix + key;

    /// <summary>A whole number of 1 or more, or null when the key is absent.</summary>
    public int? Count(string key) => Find(key) is not { } element ? null
        : element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 1 ? value
        : throw IllTyped(key, element, $"a whole number from 1 to {int.MaxValue}");

    /// <summary>A whole number of 1 or more that must be there.</summary>
    public int RequiredCount(string key) => Count(key) ?? throw Missing(key);

    /// <summary>A text, or null when the key is absent.</summary>
    public string? Text(string key) => Find(key) is not { } element ? null
        : element.ValueKind == JsonValueKind.String ? element.GetString()
        : throw IllTyped(key, element, "a text");

    /// <summary>A truth value.</summary>
    public bool Flag(string key, bool absent) => Find(key) is not { } element ? absent
        : element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean()
        : throw IllTyped(key, element, "true or false");

    /// <summary>A number for which <paramref name="isValid"/> holds.</summary>
    public double Number(string key, double absent, Func<double, bool> isValid, string expected) =>
        Find(key) is not { } element ? absent
        : element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) && isValid(value) ? value
        : throw IllTyped(key, element, expected);

    /// <summary>A number for which <paramref name="isValid"/> holds and that must be there.</summary>
    public double RequiredNumber(string key, Func<double, bool> isValid, string expected) =>
        Has(key) ? Number(key, 0, isValid, expected) : throw Missing(key);

    /// <summary>A whole number of 0 or more, or null when the key is absent.</summary>
    public int? WholeNumber(string key) => Find(key) is not { } element ? null
        : element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 0 ? value
        : throw IllTyped(key, element, $"a whole number from 0 to {int.MaxValue}");

    /// <summary>One whole number or a list of them, negative ones included; empty when the key is absent.</summary>
    public IReadOnlyList<long> WholeNumbers(string key)
    {
        if (Find(key) is not { } element)
        {
            return [];
        }

        JsonElement[] items = element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [element];
        return Array.ConvertAll(items, item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long value) ? value
            : throw IllTyped(key, element, "a whole number or a list of them"));
    }

    /// <summary>A list of texts, or null when the key is absent.</summary>
    public IReadOnlyList<string>? Texts(string key) => Find(key) is not { } element ? null
        : element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. element.EnumerateArray().Select(item => item.GetString()!)]
        : throw IllTyped(key, element, "a list of texts");

    /// <summary>An object of texts, which must be there.</summary>
    public IReadOnlyDictionary<string, string> TextMap(string key)
    {
        JsonElement element = Find(key) ?? throw Missing(key);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw IllTyped(key, element, "an object in braces");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            map.Add(property.Name, property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw IllTyped($"{key}.{property.Name}", property.Value, "a text"));
        }

        return map;
    }

    /// <summary>Whether the key stands there with the value null, which for some keys is not the same as being absent.</summary>
    public bool IsNull(string key) => _root.TryGetProperty(key, out JsonElement element) && element.ValueKind == JsonValueKind.Null;

    /// <summary>Whether the key is absent, or its value switches nothing on: null, false, 0, or nothing in brackets or braces.</summary>
    public bool IsIdle(string key) => Find(key) is not { } element || element.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Number => element.TryGetDouble(out double value) && value == 0,
        JsonValueKind.Array => element.GetArrayLength() == 0,
        JsonValueKind.Object => element.GetPropertyCount() == 0,
        _ => false,
    };

    /// <summary>The keys whose values are objects.</summary>
    public IEnumerable<string> Sections => _root.EnumerateObject()
        .Where(property => property.Value.ValueKind == JsonValueKind.Object)
        .Select(property => property.Name);

    /// <summary>Whether the key stands there with another value than null.</summary>
    public bool Has(string key) => Find(key) is not null;

    // Half a surrogate pair, written as \\ud800, is found only when a text is read; better here than anywhere.
    private static void ReadTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    ReadTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadTexts(property.Value);
                }

                break;
        }
    }

    private JsonElement? Find(string key) =>
        _root.TryGetProperty(key, out JsonElement element) && element.ValueKind != JsonValueKind.Null ? element : null;

    private RefusedFileException IllTyped(string key, JsonElement element, string expected) =>
        new(_path, $"{FullName(key)} is {element.GetRawText()}, but must be {expected}.");

    private RefusedFileException Missing(string key) => new(_path, $"the key {FullName(key)} is missing.");
}
