using System.Text;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Formats;

namespace GptSharp.Data.Tokenizers;

/// <summary>Tokenizers as other programs read them: <c>tokenizer.json</c> and <c>tokenizer_config.json</c> of Hugging Face's libraries.</summary>
public static class TokenizerJson
{
    /// <summary>The text of a tokenizer.json.</summary>
    /// <param name="tokenizer">Any tokenizer that can be expressed; see <see cref="Convert"/>.</param>
    /// <exception cref="NotSupportedException">It cannot; the sentence says why.</exception>
    public static string Write(ITokenizer tokenizer) => TokenizerJsonWriter.Write(Convert(tokenizer), indented: true);

    /// <summary>The text of a tokenizer_config.json: which class reads the tokenizer, and which tokens begin and end texts.</summary>
    /// <param name="tokenizer">Any tokenizer that can be expressed.</param>
    /// <param name="maximumLength">The longest text that its model takes, in tokens; null to leave that open.</param>
    /// <exception cref="NotSupportedException">It cannot be expressed; the sentence says why.</exception>
    public static string WriteConfig(ITokenizer tokenizer, int? maximumLength = null)
    {
        TextTokenizer text = Convert(tokenizer);
        string? Spelling(int? id) => id is { } known ? text.SpellingOf(known) : null;

        List<string> members = ["\"tokenizer_class\": \"PreTrainedTokenizerFast\"", "\"clean_up_tokenization_spaces\": false"];
        (int? begin, int? end) = (text.BeginToken, text.EndToken);
        if (Spelling(begin) is { } first)
        {
            members.Add($"\"bos_token\": {KnownStages.Quote(first)}");
        }

        if (Spelling(end) is { } last)
        {
            members.Add($"\"eos_token\": {KnownStages.Quote(last)}");
        }

        if (maximumLength is { } length)
        {
            members.Add(FormattableString.Invariant($"\"model_max_length\": {length}"));
        }

        return "{\n  " + string.Join(",\n  ", members) + "\n}\n";
    }

    /// <summary>
    /// A tokenizer in the form that other programs know. One of characters or bytes becomes byte-level byte-pair encoding without merges,
    /// with the same ids; that is possible where every character is one byte, which is to say ASCII.
    /// </summary>
    /// <exception cref="NotSupportedException">It has other characters; the sentence names one.</exception>
    public static TextTokenizer Convert(ITokenizer tokenizer) => tokenizer switch
    {
        TextTokenizer text => text,
        ByteTokenizer => OfBytes([.. Enumerable.Range(0, 256).Select(value => (byte)value)]),
        CharTokenizer characters => OfBytes(AsciiOf(characters)),
        _ => throw new NotSupportedException($"A tokenizer of kind {tokenizer.Kind} cannot be expressed in tokenizer.json."),
    };

    private static byte[] AsciiOf(CharTokenizer characters)
    {
        foreach (Rune character in characters.Alphabet.EnumerateRunes())
        {
            if (!character.IsAscii)
            {
                throw new NotSupportedException(
                    $"The tokenizer has one token for the character {character} (U+{character.Value:X4}), which other programs' tokenizers cannot have "
                    + "since it is more than one byte; train with data.tokenizer: byte, or a tokenizer of subwords, to export the model.");
            }
        }

        return Encoding.ASCII.GetBytes(characters.Alphabet);
    }

    private static TextTokenizer OfBytes(byte[] bytesById)
    {
        string[] spellings = [.. bytesById.Select(value => ByteLevel.Write([value]))];
        return ByteLevelTokenizers.Create(BytePairs.OfMerges(spellings, [], SplitPattern.Gpt2, ignoresMerges: false), []);
    }
}
