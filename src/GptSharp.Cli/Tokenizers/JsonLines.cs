using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using GptSharp.Data;

namespace GptSharp.Cli.Tokenizers;

/// <summary>A line of JSON lines, and its number.</summary>
/// <param name="Number">The first line is 1.</param>
/// <param name="Value">The line.</param>
internal readonly record struct JsonLine(int Number, JsonElement Value)
{
    public CorpusException Refused(string problem, Exception? inner = null) =>
        new(FormattableString.Invariant($"standard input, line {Number}: {problem}"), inner!);
}

/// <summary>JSON lines: a JSON value on each line; empty lines are passed over.</summary>
internal static partial class JsonLines
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads lines until there is none left.</summary>
    /// <exception cref="CorpusException">A line is no JSON.</exception>
    public static void Read(Stream stream, Action<JsonLine> take)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.AsSpan().Trim().IsEmpty)
            {
                continue;
            }

            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                take(new JsonLine(number, document.RootElement));
            }
            catch (JsonException exception)
            {
                throw new JsonLine(number, default).Refused("it is no valid JSON.", exception);
            }
        }
    }

    /// <summary>The text of a line, in UTF-8. Half a surrogate pair, which no text in UTF-8 can hold, becomes U+FFFD.</summary>
    public static byte[] Text(JsonLine line)
    {
        if (line.Value.ValueKind != JsonValueKind.String)
        {
            throw line.Refused($"it is {Describe(line.Value)}, but must be a JSON text, in quotes.");
        }

        string raw = line.Value.GetRawText();
        string text = SurrogateEscape().IsMatch(raw)
            ? JsonSerializer.Deserialize<string>(SurrogateEscape().Replace(raw, match => match.Groups["half"].Success ? "\\uFFFD" : match.Value))!
            : line.Value.GetString()!;
        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>The ids of a line.</summary>
    public static int[] Ids(JsonLine line, int vocabularySize)
    {
        if (line.Value.ValueKind != JsonValueKind.Array)
        {
            throw line.Refused($"it is {Describe(line.Value)}, but must be a JSON list of ids.");
        }

        var ids = new List<int>(line.Value.GetArrayLength());
        foreach (JsonElement item in line.Value.EnumerateArray())
        {
            ids.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long id)
                ? TokenIdReader.Check(id, ids.Count, vocabularySize, string.Create(CultureInfo.InvariantCulture, $"standard input, line {line.Number}"))
                : throw line.Refused($"it has {Describe(item)}, where an id must be a whole number."));
        }

        return [.. ids];
    }

    /// <summary>Writes a text as a JSON text on a line of its own.</summary>
    public static void WriteText(Stream stream, byte[] text)
    {
        stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(Encoding.UTF8.GetString(text), Relaxed)));
        stream.WriteByte((byte)'\n');
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Null => "null",
        _ => value.GetRawText() is { Length: > 40 } raw ? raw[..40] + "..." : value.GetRawText(),
    };

    // An escaped backslash, a pair of surrogates, or half of one.
    [GeneratedRegex(@"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?<half>\\u[dD][89a-fA-F]..)")]
    private static partial Regex SurrogateEscape();
}
