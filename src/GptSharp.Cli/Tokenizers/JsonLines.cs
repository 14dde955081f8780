using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
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
internal static class JsonLines
{
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r"u8);
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads lines until there is none left.</summary>
    /// <exception cref="CorpusException">A line is no JSON in UTF-8.</exception>
    public static void Read(Stream stream, Action<JsonLine> take)
    {
        using var buffered = new BufferedStream(stream, 1 << 16);
        using var bytes = new MemoryStream();
        for (int number = 1; ReadLine(buffered, bytes); number++)
        {
            ReadOnlyMemory<byte> line = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
            line = number == 1 && line.Span.StartsWith(Encoding.UTF8.Preamble) ? line[Encoding.UTF8.Preamble.Length..] : line;
            if (!line.Span.ContainsAnyExcept(WhiteSpace))
            {
                continue;
            }

            RequireUtf8(line.Span, number);
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

    /// <summary>The text of a line, in UTF-8.</summary>
    /// <exception cref="CorpusException">It is no text, or holds half of a surrogate pair, which no text in UTF-8 can hold.</exception>
    public static byte[] Text(JsonLine line)
    {
        if (line.Value.ValueKind != JsonValueKind.String)
        {
            throw line.Refused($"it is {Describe(line.Value)}, but must be a JSON text, in quotes.");
        }

        try
        {
            return Encoding.UTF8.GetBytes(line.Value.GetString()!);
        }
        catch (InvalidOperationException exception)
        {
            throw line.Refused("it is not valid JSON (half of a surrogate pair stands alone in its text).", exception);
        }
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

    // Without its line feed; false at the end.
    private static bool ReadLine(BufferedStream stream, MemoryStream line)
    {
        line.SetLength(0);
        int value;
        while ((value = stream.ReadByte()) >= 0 && value != '\n')
        {
            line.WriteByte((byte)value);
        }

        return value >= 0 || line.Length > 0;
    }

    // The JSON parser would find it only where it looks at a text.
    private static void RequireUtf8(ReadOnlySpan<byte> line, int number)
    {
        for (int place = 0; place < line.Length;)
        {
            if (Rune.DecodeFromUtf8(line[place..], out _, out int used) != OperationStatus.Done)
            {
                throw new JsonLine(number, default).Refused(
                    FormattableString.Invariant($"it is not UTF-8 text: its byte {place} (0x{line[place]:X2}) begins no character; convert it to UTF-8."));
            }

            place += used;
        }
    }
}
