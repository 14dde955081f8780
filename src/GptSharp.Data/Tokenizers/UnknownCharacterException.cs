using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>A text holds a character that the tokenizer's vocabulary lacks.</summary>
public sealed class UnknownCharacterException : Exception
{
    internal UnknownCharacterException(Rune character, int position, string alphabet)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"The character {Describe(character)} at position {position} is not in the model's vocabulary; it knows {alphabet}."))
    {
    }

    private static string Describe(Rune character) =>
        Rune.IsControl(character) ? $"U+{character.Value:X4}" : $"'{character}' (U+{character.Value:X4})";
}
