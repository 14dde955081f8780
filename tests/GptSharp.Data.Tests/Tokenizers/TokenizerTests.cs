using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Tests.Tokenizers;

public sealed class TokenizerTests
{
    // Any Unicode text: one-byte to four-byte characters about equally often, so that surrogate pairs are common.
    private static readonly Arbitrary<string> Texts = Gen
        .OneOf(Gen.Choose(0, 0x7F), Gen.Choose(0x80, 0x7FF), Gen.Choose(0x800, 0xD7FF), Gen.Choose(0xE000, 0xFFFF), Gen.Choose(0x10000, 0x10FFFF))
        .Select(code => new Rune(code).ToString())
        .ListOf()
        .Select(string.Concat)
        .ToArbitrary();

    private static IEnumerable<Rune> AllCharacters =>
        Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(code => new Rune(code));

    private static string AllText()
    {
        var text = new StringBuilder();
        foreach (Rune character in AllCharacters)
        {
            text.Append(character);
        }

        return text.ToString();
    }

    [Fact]
    public void Any_text_survives_both_tokenizers() => Prop.ForAll(Texts, text =>
    {
        CharTokenizer characters = CharTokenizer.Of(text);
        ByteTokenizer bytes = new();
        int[] tokens = characters.Encode(text);
        return characters.Decode(tokens) == text
            && bytes.Decode(bytes.Encode(text)) == text
            && tokens.All(token => token >= 0 && token < characters.VocabularySize);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_may_be_encoded_in_pieces() => Prop.ForAll(Texts, Texts, (first, second) =>
    {
        CharTokenizer characters = CharTokenizer.Of(first + second);
        ByteTokenizer bytes = new();
        return characters.Encode(first + second).SequenceEqual([.. characters.Encode(first), .. characters.Encode(second)])
            && bytes.Encode(first + second).SequenceEqual([.. bytes.Encode(first), .. bytes.Encode(second)]);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_character_of_Unicode_survives_both_tokenizers()
    {
        string text = AllText();
        var characters = new CharTokenizer(AllCharacters);
        int[] tokens = characters.Encode(text);
        Assert.Equal(0x110000 - 0x800, characters.VocabularySize);
        Assert.Equal(Enumerable.Range(0, characters.VocabularySize), tokens);
        Assert.Equal(text, characters.Decode(tokens));

        var bytes = new ByteTokenizer();
        Assert.Equal(text, bytes.Decode(bytes.Encode(text)));
    }

    [Fact]
    public void Bytes_are_those_of_UTF8()
    {
        var bytes = new ByteTokenizer();
        Assert.Equal([0x61, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80], bytes.Encode("aé€😀"));
        Assert.Equal((256, "byte"), (bytes.VocabularySize, bytes.Kind));
        Assert.Empty(bytes.Encode(""));
    }

    [Fact]
    public void Characters_are_numbered_by_code_point_even_beyond_UTF16()
    {
        // U+FF5E comes before U+1F600, though the latter's first surrogate, D83D, is the smaller number.
        CharTokenizer tokenizer = CharTokenizer.Of("😀～ba\nb");
        Assert.Equal("\nab～😀", tokenizer.Alphabet);
        Assert.Equal([4, 3, 2, 1, 0, 2], tokenizer.Encode("😀～ba\nb"));
        Assert.Equal("ab\uFFFD\uFFFD", tokenizer.Decode([1, 2, 5, -1]));
    }

    [Fact]
    public void Half_a_character_becomes_the_replacement_character()
    {
        string broken = "a" + "😀"[..1] + "b";
        Assert.Equal("a\uFFFDb", new ByteTokenizer().Decode(new ByteTokenizer().Encode(broken)));
        CharTokenizer characters = CharTokenizer.Of(broken);
        Assert.Equal("a\uFFFDb", characters.Decode(characters.Encode(broken)));

        // A byte model may well stop within a character.
        Assert.Equal("a\uFFFD", new ByteTokenizer().Decode([0x61, 0xF0, 0x9F]));
    }

    [Theory]
    [InlineData("abz", "The character 'z' (U+007A) at position 2 is not in the model's vocabulary; it knows 3 characters: abc.")]
    [InlineData("😀", "The character '😀' (U+1F600) at position 0 is not in the model's vocabulary; it knows 3 characters: abc.")]
    [InlineData("a\tb", "The character U+0009 at position 1 is not in the model's vocabulary; it knows 3 characters: abc.")]
    public void A_character_outside_the_vocabulary_is_named_with_its_place(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<UnknownCharacterException>(() => CharTokenizer.Of("abc").Encode(text)).Message);

    [Fact]
    public void A_long_alphabet_is_cut_short_in_the_message()
    {
        CharTokenizer tokenizer = new(Enumerable.Range(0x4E00, 500).Select(code => new Rune(code)));
        string sentence = Assert.Throws<UnknownCharacterException>(() => tokenizer.Encode("a")).Message;
        Assert.Contains("it knows 500 characters: 一", sentence, StringComparison.Ordinal);
        Assert.EndsWith(" ….", sentence, StringComparison.Ordinal);
        Assert.True(sentence.Length < 220);
    }
}
