using System.Globalization;
using System.Runtime.CompilerServices;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// The class of each character of a UTF-8 text. Categories are those of .NET 10, which has Unicode 16, as have the tokenizers library and tiktoken; white space
/// is <see cref="char.IsWhiteSpace(char)"/>. A test pins both, so that another Unicode version cannot change tokens unnoticed.
/// </summary>
internal static class Characters
{
    private static readonly CharacterClass[] FirstPlane = [.. Enumerable.Range(0, 0x10000).Select(Classify)];

    /// <summary>The class of the character at a place, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass At(ReadOnlySpan<byte> text, int place, out int length)
    {
        int first = text[place];
        if (first < 0x80)
        {
            length = 1;
            return FirstPlane[first];
        }

        return Decode(text, place, out length);
    }

    /// <summary>The class of a code point.</summary>
    public static CharacterClass Of(int code) => code < 0x10000 ? FirstPlane[code] : Classify(code);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CharacterClass Decode(ReadOnlySpan<byte> text, int place, out int length)
    {
        ReadOnlySpan<byte> rest = text[place..];
        int first = rest[0];
        length = first switch { < 0xC2 => 1, < 0xE0 => 2, < 0xF0 => 3, < 0xF5 => 4, _ => 1 };
        if (length == 1 || length > rest.Length)
        {
            length = 1;
            return CharacterClass.Other;
        }

        int code = first & (0x7F >> length);
        for (int i = 1; i < length; i++)
        {
            if ((rest[i] & 0xC0) != 0x80)
            {
                length = 1;
                return CharacterClass.Other;
            }

            code = (code << 6) | (rest[i] & 0x3F);
        }

        // Longer forms than need be, surrogates and what lies beyond Unicode are no UTF-8.
        bool valid = length switch { 2 => true, 3 => code >= 0x800 && code is < 0xD800 or > 0xDFFF, _ => code is >= 0x10000 and <= 0x10FFFF };
        if (!valid)
        {
            length = 1;
            return CharacterClass.Other;
        }

        return Of(code);
    }

    private static CharacterClass Classify(int code) => code switch
    {
        '\r' or '\n' => CharacterClass.Space | CharacterClass.LineEnd,
        < 0x10000 when char.IsWhiteSpace((char)code) => CharacterClass.Space,
        _ => CharUnicodeInfo.GetUnicodeCategory(code) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterClass.Upper,
            UnicodeCategory.LowercaseLetter => CharacterClass.Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Caseless,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterClass.Mark,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        },
    };
}
