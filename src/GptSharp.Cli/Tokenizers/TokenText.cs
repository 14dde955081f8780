using System.Buffers;
using System.Globalization;
using System.Text;

namespace GptSharp.Cli.Tokenizers;

/// <summary>The bytes of a token for people to read: nothing in it moves the cursor, and what is no text is spelt out.</summary>
internal static class TokenText
{
    /// <summary>In quotes, with C's escapes.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes) => $"\"{Write(bytes, rune => rune.Value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '"' => "\\\"",
        '\\' => "\\\\",
        _ => null,
    })}\"";

    /// <summary>For a picture: a space is a dot in the middle of the line, a line feed an arrow.</summary>
    public static string Picture(ReadOnlySpan<byte> bytes) => Write(bytes, rune => rune.Value switch
    {
        ' ' => "·",
        '\n' => "↵",
        '\r' => "␍",
        '\t' => "→",
        _ => null,
    });

    private static string Write(ReadOnlySpan<byte> bytes, Func<Rune, string?> replace)
    {
        var text = new StringBuilder();
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                text.Append(replace(rune) ?? (IsVisible(rune) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}")));
            }
            else
            {
                length = 1;
                text.Append(CultureInfo.InvariantCulture, $"\\x{bytes[0]:X2}");
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    // Marks and joiners would change their neighbour, controls the terminal, and other kinds of space would not be seen.
    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
        && (rune.Value == ' ' || !Rune.IsWhiteSpace(rune));
}
