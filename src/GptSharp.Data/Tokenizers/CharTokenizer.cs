using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>One token per Unicode character, numbered in the order of their code points.</summary>
public sealed class CharTokenizer : ITokenizer
{
    private readonly Rune[] _characters;
    private readonly Dictionary<Rune, int> _tokens = [];

    /// <summary>A vocabulary of given characters; duplicates count once.</summary>
    public CharTokenizer(IEnumerable<Rune> characters)
    {
        _characters = [.. characters.Distinct().Order()];
        for (int token = 0; token < _characters.Length; token++)
        {
            _tokens.Add(_characters[token], token);
        }
    }

    /// <summary>The characters of a text.</summary>
    public static CharTokenizer Of(string text) => new(text.EnumerateRunes());

    /// <inheritdoc/>
    public string Kind => "char";

    /// <inheritdoc/>
    public int VocabularySize => _characters.Length;

    /// <summary>All characters, in the order of their tokens.</summary>
    public string Alphabet => string.Concat(_characters.Select(character => character.ToString()));

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        var tokens = new List<int>(text.Length);
        foreach (Rune character in text.EnumerateRunes())
        {
            if (!_tokens.TryGetValue(character, out int token))
            {
                throw new UnknownCharacterException(character, tokens.Count, Summary());
            }

            tokens.Add(token);
        }

        return [.. tokens];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (int token in tokens)
        {
            text.Append(((uint)token < _characters.Length ? _characters[token] : Rune.ReplacementChar).ToString());
        }

        return text.ToString();
    }

    private string Summary()
    {
        const int shown = 80;
        string printable = string.Concat(_characters.Where(character => !Rune.IsControl(character)).Take(shown).Select(character => character.ToString()));
        return string.Create(CultureInfo.InvariantCulture, $"{Quantity.Of(_characters.Length, "character")}: {printable}{(_characters.Length > shown ? " …" : "")}");
    }
}
