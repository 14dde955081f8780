using System.Text.Encodings.Web;
using System.Text.Json;

namespace GptSharp.Files.Json;

/// <summary>
/// A value in a JSON file that knows where it stands, so that whatever is wrong with it is told with the file and the place:
/// <c>tokenizer.json: model.merges[3] is a number, but must be a text.</c>
/// </summary>
public readonly struct JsonPlace
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonElement _value;
    private readonly string _file;

    private JsonPlace(string file, string name, JsonElement value) => (_file, Name, _value) = (file, name, value);

    /// <summary>Where it stands: <c>model.merges[3]</c>; empty for the whole file.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public JsonValueKind Kind => _value.ValueKind;

    /// <summary>Whether it is there, and is not null.</summary>
    public bool IsGiven => Kind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>Its JSON text.</summary>
    public string RawText => Kind == JsonValueKind.Undefined ? "" : _value.GetRawText();

    private string Subject => Name.Length == 0 ? "it" : Name;

    /// <summary>The outermost value of a document.</summary>
    /// <param name="file">The file that it was parsed from, for messages.</param>
    /// <param name="document">The document; it must live as long as its places are used.</param>
    public static JsonPlace Of(string file, JsonDocument document) => new(file, "", document.RootElement);

    /// <summary>Parses a text. Nesting deeper than 64 and keys that occur twice are refused.</summary>
    /// <param name="file">The file that it comes from, for messages.</param>
    /// <param name="json">The text, UTF-8; a byte-order mark may precede it.</param>
    /// <returns>The document; whoever asked disposes it.</returns>
    /// <exception cref="RefusedFileException">It is not JSON.</exception>
    public static JsonDocument Parse(string file, ReadOnlyMemory<byte> json)
    {
        ReadOnlyMemory<byte> text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        try
        {
            // A key that stands there twice would leave open which of the two the writer meant.
            return JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second while it compares the names of members.
            throw JsonFault.Of(file, text.Span, exception);
        }
    }

    /// <summary>A member of this object; it need not be there: see <see cref="IsGiven"/>.</summary>
    /// <exception cref="RefusedFileException">This is no object.</exception>
    public JsonPlace this[string key]
    {
        get
        {
            Require(JsonValueKind.Object, "an object");
            string name = Name.Length == 0 ? key : $"{Name}.{key}";
            return new JsonPlace(_file, name, _value.TryGetProperty(key, out JsonElement member) ? member : default);
        }
    }

    /// <summary>The members of this object, in the file's order.</summary>
    /// <exception cref="RefusedFileException">This is no object.</exception>
    public IEnumerable<(string Key, JsonPlace Value)> Members()
    {
        Require(JsonValueKind.Object, "an object");
        JsonPlace self = this;
        foreach (JsonProperty member in _value.EnumerateObject())
        {
            string key = self.Text(() => member.Name, "the name of a member of " + self.Subject);
            yield return (key, new JsonPlace(self._file, self.Name.Length == 0 ? key : $"{self.Name}.{key}", member.Value));
        }
    }

    /// <summary>The items of this list.</summary>
    /// <exception cref="RefusedFileException">This is no list.</exception>
    public IEnumerable<JsonPlace> Items()
    {
        Require(JsonValueKind.Array, "a list");
        JsonPlace self = this;
        int index = 0;
        foreach (JsonElement item in _value.EnumerateArray())
        {
            yield return new JsonPlace(self._file, FormattableString.Invariant($"{self.Name}[{index++}]"), item);
        }
    }

    /// <summary>This text.</summary>
    /// <exception cref="RefusedFileException">This is no text, or one that no Unicode text can be.</exception>
    public string Text()
    {
        Require(JsonValueKind.String, "a text");
        JsonElement value = _value;
        return Text(() => value.GetString()!, Subject);
    }

    /// <summary>This text, or another where none is given.</summary>
    public string Text(string otherwise) => IsGiven ? Text() : otherwise;

    /// <summary>Whether this is true, or what holds where nothing is given.</summary>
    /// <exception cref="RefusedFileException">This is neither true nor false.</exception>
    public bool Flag(bool otherwise) => !IsGiven ? otherwise : Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refused($"is {Found()}, but must be true or false."),
    };

    /// <summary>This whole number.</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most.</param>
    /// <exception cref="RefusedFileException">This is no whole number, or out of range.</exception>
    public long Whole(long least, long most)
    {
        Require(JsonValueKind.Number, "a whole number");
        return _value.TryGetInt64(out long number) && number >= least && number <= most
            ? number
            : throw Refused(FormattableString.Invariant($"is {_value.GetRawText()}, but must be a whole number from {least} to {most}."));
    }

    /// <summary>This number; infinities and numbers that a double cannot hold are refused.</summary>
    /// <exception cref="RefusedFileException">This is no finite number.</exception>
    public double Number()
    {
        Require(JsonValueKind.Number, "a number");
        return _value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Refused($"is {_value.GetRawText()}, but must be a finite number.");
    }

    /// <summary>What to throw when this value cannot be used.</summary>
    /// <param name="problem">The rest of the sentence that begins with the place: <c>is 7, but must be …</c></param>
    public RefusedFileException Refused(string problem) => new(_file, $"{Subject} {problem}");

    /// <summary>This value in a few words, for a sentence.</summary>
    public string Found() => Kind switch
    {
        JsonValueKind.Undefined => "missing",
        JsonValueKind.Null => "null",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"the text {Shortened(JsonSerializer.Serialize(Text(), Relaxed))}",
        _ => Shortened(_value.GetRawText()),
    };

    private static string Shortened(string text) => text.Length <= 60 ? text : text[..57] + "...";

    private string Text(Func<string> read, string subject)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException exception)
        {
            throw new RefusedFileException(_file, $"{subject} is no valid Unicode text: {JsonFault.HalfPair}", exception);
        }
    }

    private void Require(JsonValueKind kind, string expected)
    {
        if (Kind != kind)
        {
            throw Refused($"is {Found()}, but must be {expected}.");
        }
    }
}
