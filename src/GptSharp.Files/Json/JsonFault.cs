using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GptSharp.Files.Json;

/// <summary>Finds out why a text is no valid JSON, and where: .NET's parser tells neither for a key that occurs twice.</summary>
internal static class JsonFault
{
    /// <summary>Half of a surrogate pair, written as an escape, is what no Unicode text can hold.</summary>
    public const string HalfPair = "half of a surrogate pair stands alone.";

    private const int MostNesting = 64;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What to throw for a text that the parser did not take.</summary>
    /// <param name="file">The file that it comes from.</param>
    /// <param name="text">The text, UTF-8, without a byte-order mark.</param>
    /// <param name="exception">What the parser said.</param>
    public static RefusedFileException Of(string file, ReadOnlySpan<byte> text, Exception exception)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MostNesting + 1 });
        try
        {
            if (ReadToProblem(ref reader) is { } problem)
            {
                return Refused(file, text, reader.TokenStartIndex, problem, exception);
            }
        }
        catch (JsonException fault)
        {
            long offset = Offset(text, fault);
            return Refused(file, text, offset, Reason(text[(int)offset..], fault), exception);
        }
        catch (InvalidOperationException)
        {
            return Refused(file, text, reader.TokenStartIndex, HalfPair, exception);
        }

        return new RefusedFileException(file, $"it is no valid JSON: {FirstSentence(exception.Message)}", exception);
    }

    private static string? ReadToProblem(ref Utf8JsonReader reader)
    {
        var objects = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MostNesting)
            {
                return $"objects and lists nest deeper than {MostNesting}.";
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    objects.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    objects.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    string key = reader.GetString()!;
                    if (!objects.Peek().Add(key))
                    {
                        return $"the key {JsonSerializer.Serialize(key, Relaxed)} stands twice in the same object.";
                    }

                    break;
            }
        }

        return null;
    }

    private static string Reason(ReadOnlySpan<byte> rest, JsonException fault)
    {
        string? number = rest.StartsWith("NaN"u8) ? "NaN" : rest.StartsWith("Infinity"u8) ? "Infinity" : null;
        return number is null ? FirstSentence(fault.Message) : $"{number} is no number of JSON, which has finite ones only.";
    }

    private static RefusedFileException Refused(string file, ReadOnlySpan<byte> text, long offset, string reason, Exception exception)
    {
        ReadOnlySpan<byte> before = text[..(int)offset];
        long line = before.Count((byte)'\n') + 1;
        long place = before.Length - before.LastIndexOf((byte)'\n');
        return new RefusedFileException(
            file, string.Create(CultureInfo.InvariantCulture, $"line {line}, byte {place}: it is no valid JSON: {reason}"), exception);
    }

    // The parser counts lines and bytes from 0.
    private static long Offset(ReadOnlySpan<byte> text, JsonException fault)
    {
        int start = 0;
        for (long line = fault.LineNumber ?? 0; line > 0; line--)
        {
            start += text[start..].IndexOf((byte)'\n') + 1;
        }

        return Math.Min(text.Length, start + (fault.BytePositionInLine ?? 0));
    }

    // The parser appends "LineNumber: … | BytePositionInLine: …", which is said before.
    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
