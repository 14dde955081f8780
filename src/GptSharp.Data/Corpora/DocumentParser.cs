using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace GptSharp.Data.Corpora;

/// <summary>Turns bytes of a corpus into documents; one instance serves one thread.</summary>
/// <param name="textField">The field of a line of JSON that holds the text; <c>a.b</c> is field b of object a.</param>
/// <param name="fields">Other fields that somebody wants to see.</param>
internal sealed class DocumentParser(string textField, IReadOnlyList<string> fields)
{
    private readonly string[] _wanted = [textField, .. fields];
    private char[] _characters = [];

    /// <summary>The document.</summary>
    /// <exception cref="CorpusException">It is neither UTF-8 text nor a JSON object with a text; the sentence names file and place.</exception>
    public Document Parse(RawDocument raw, ReadOnlySpan<byte> bytes)
    {
        if (raw.File.Format == CorpusFormat.Text)
        {
            return new Document(raw, Decode(raw, bytes), new Dictionary<string, string>());
        }

        Dictionary<string, string> found = [];
        try
        {
            var json = new Utf8JsonReader(bytes);
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw new CorpusException($"{raw.Place}: it is no JSON object; each line must be one, such as {{\"{textField}\": \"…\"}}.");
            }

            List<string> names = [];
            ReadObject(ref json, "", found, names);
            if (json.Read())
            {
                throw new JsonException("more follows behind the object");
            }

            return found.Remove(textField, out string? text)
                ? new Document(raw, text, found)
                : throw new CorpusException($"{raw.Place}: it has no text in a field '{textField}'; {Fields(names)}. --text-field names another.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CorpusException($"{raw.Place}: it is not valid JSON ({Reason(exception)}).", exception);
        }
    }

    private static string Fields(List<string> names) => names.Count == 0 ? "it has no fields" : $"its fields are {string.Join(", ", names.Take(12))}";

    // The reader counts lines and bytes from its own beginning, which the place has already said.
    private static string Reason(Exception exception)
    {
        if (exception is InvalidOperationException)
        {
            return "a text in it is not UTF-8, or half of a surrogate pair";
        }

        string message = exception.Message;
        int place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = place < 0 ? message : message[..place];
        return exception is JsonException { BytePositionInLine: { } position } ? $"byte {position}: {reason.TrimEnd('.')}" : reason.TrimEnd('.');
    }

    private void ReadObject(ref Utf8JsonReader json, string prefix, Dictionary<string, string> found, List<string> names)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = prefix + json.GetString();
            names.Add(name);
            json.Read();
            if (json.TokenType == JsonTokenType.StartObject && _wanted.Any(wanted => wanted.StartsWith(name + ".", StringComparison.Ordinal)))
            {
                ReadObject(ref json, name + ".", found, names);
            }
            else if (!_wanted.Contains(name))
            {
                json.Skip();
            }
            else if (json.TokenType == JsonTokenType.String)
            {
                found[name] = json.GetString()!;
            }
            else if (name == textField)
            {
                json.Skip();
            }
            else
            {
                found[name] = Scalar(ref json);
            }
        }
    }

    // A list of texts counts as its items between commas: licences come so.
    private static string Scalar(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            using JsonDocument value = JsonDocument.ParseValue(ref json);
            return value.RootElement.ToString();
        }

        using JsonDocument list = JsonDocument.ParseValue(ref json);
        return string.Join(",", list.RootElement.EnumerateArray().Select(item => item.ToString()));
    }

    private string Decode(RawDocument raw, ReadOnlySpan<byte> bytes)
    {
        if (_characters.Length < bytes.Length)
        {
            _characters = new char[bytes.Length];
        }

        OperationStatus status = Utf8.ToUtf16(bytes, _characters, out int used, out int written, replaceInvalidSequences: false, isFinalBlock: true);
        int zero = bytes[..used].IndexOf((byte)0);
        if (zero >= 0)
        {
            throw new CorpusException($"{raw.File.Path} is not a text file: its byte {raw.Offset + zero} is zero; use text in UTF-8.");
        }

        return status == OperationStatus.InvalidData
            ? throw new CorpusException(
                $"{raw.File.Path} is not UTF-8 text: its byte {raw.Offset + used} (0x{bytes[used]:X2}) begins no character; convert it to UTF-8.")
            : new string(_characters, 0, written);
    }
}
