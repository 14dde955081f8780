using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>A text holds a character that the tokenizer's vocabulary lacks.</summary>
public sealed class UnknownCharacterException : Exception
{
    internal UnknownCharacterException(Rune character, int position, string alphabet)
        : this(string.Create(
            CultureInfo.InvariantCulture,
            $"The character {Describe(character)} at position {position} is not in the model's vocabulary; it knows {alphabet}."))
    {
    }

    private UnknownCharacterException(string message)
        : base(message)
    {
    }

    /// <summary>A byte that is no part of a character, where the tokenizer knows characters only.</summary>
    internal static UnknownCharacterException InvalidByte(byte value, int position, string kind) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The byte 0x{value:X2} at position {position} is no part of a character in UTF-8, and this tokenizer ({kind}) has no token for it; convert the text to UTF-8."));

    /// <summary>A byte that is no part of a character, somewhere in a text.</summary>
    internal static UnknownCharacterException InvalidByte(byte value) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The byte 0x{value:X2} is no part of a character in UTF-8, and this tokenizer has no token for it; convert the text to UTF-8."));

    /// <summary>A character for which a vocabulary has neither a token nor one for unknown characters.</summary>
    internal static UnknownCharacterException WithoutToken(Rune character) => new(
        $"The character {Describe(character)} is not in the tokenizer's vocabulary, which has no token for unknown characters either.");

    /// <summary>A byte of the text for which a byte-level vocabulary has no token.</summary>
    internal static UnknownCharacterException MissingByte(byte value) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The byte 0x{value:X2}{(value is > 32 and < 127 ? $" ('{(char)value}')" : "")} of the text is not in the model's vocabulary, which has only some of the 256 bytes."));

    private static string Describe(Rune character) =>
        Rune.IsControl(character) ? $"U+{character.Value:X4}" : $"'{character}' (U+{character.Value:X4})";
}
