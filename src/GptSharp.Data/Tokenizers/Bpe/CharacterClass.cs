namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>What the split patterns ask of a character. Zero is everything else: punctuation, symbols, controls, and bytes that are no UTF-8.</summary>
[Flags]
internal enum CharacterClass : byte
{
    /// <summary>Neither letter, mark, digit nor space.</summary>
    Other = 0,

    /// <summary>White space: <c>\s</c>.</summary>
    Space = 1,

    /// <summary>Carriage return and line feed; both are white space, too.</summary>
    LineEnd = 2,

    /// <summary>Digits and other numbers: <c>\p{N}</c>.</summary>
    Number = 4,

    /// <summary>Combining marks: <c>\p{M}</c>.</summary>
    Mark = 8,

    /// <summary>Capitals and title case: <c>\p{Lu}</c>, <c>\p{Lt}</c>.</summary>
    Upper = 16,

    /// <summary>Small letters: <c>\p{Ll}</c>.</summary>
    Lower = 32,

    /// <summary>Letters without case: <c>\p{Lm}</c>, <c>\p{Lo}</c>.</summary>
    Caseless = 64,

    /// <summary>Any letter: <c>\p{L}</c>.</summary>
    Letter = Upper | Lower | Caseless,

    /// <summary>What the first part of an o200k word holds.</summary>
    WordStart = Upper | Caseless | Mark,

    /// <summary>What the second part of an o200k word holds.</summary>
    WordEnd = Lower | Caseless | Mark,
}
