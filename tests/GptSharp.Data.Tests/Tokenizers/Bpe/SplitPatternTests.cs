using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

public sealed class SplitPatternTests
{
    // .NET's regular expressions work on UTF-16, so the first plane only; and without the long s, which their (?i:) does not fold.
    private const string Characters = "abAZsStTrReEvVlLmMdD''''  \t\r\n\u00A0\u0085\u2003\u200B\uFEFF019²٣Ⅷ.,!/=-_’éßǅªʰ東あ\u0301\u0903\u20DDжЖ©";

    [Theory]
    [InlineData(SplitPattern.Gpt2)]
    [InlineData(SplitPattern.Cl100k)]
    [InlineData(SplitPattern.Llama3)]
    [InlineData(SplitPattern.Qwen2)]
    [InlineData(SplitPattern.O200k)]
    public void Pieces_are_the_matches_of_the_regular_expression(SplitPattern pattern)
    {
        var regex = new Regex(SplitPatterns.RegexOf(pattern), RegexOptions.CultureInvariant);
        var random = new Random(1);
        for (int i = 0; i < 30_000; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(1, 14)).Select(_ => Characters[random.Next(Characters.Length)])]);
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Assert.Equal(regex.Matches(text).Select(match => match.Value), SplitPatterns.Split(pattern, bytes).Select(piece => Encoding.UTF8.GetString(bytes[piece])));
        }
    }

    [Fact]
    public void Contractions_know_the_long_s_where_case_does_not_count()
    {
        Assert.Equal(["it", "'", "ſo"], Split(SplitPattern.Gpt2, "it'ſo"));
        Assert.Equal(["it", "'ſ", "o"], Split(SplitPattern.Cl100k, "it'ſo"));
        Assert.Equal(["it'ſ", "o"], Split(SplitPattern.O200k, "it'ſo"));
    }

    private static IEnumerable<string> Split(SplitPattern pattern, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return SplitPatterns.Split(pattern, bytes).Select(piece => Encoding.UTF8.GetString(bytes[piece]));
    }

    [Fact]
    public void Without_a_pattern_a_text_is_one_piece() => Assert.Equal(["a b\n1"], Split(SplitPattern.None, "a b\n1"));

    [Fact]
    public void Published_spellings_are_recognized()
    {
        foreach (SplitPattern pattern in Enum.GetValues<SplitPattern>())
        {
            Assert.True(SplitPatterns.TryRecognize(SplitPatterns.RegexOf(pattern), out SplitPattern found));
            Assert.Equal(pattern == SplitPattern.Llama3 ? SplitPattern.Cl100k : pattern, found);
        }

        Assert.True(SplitPatterns.TryRecognize(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s", out SplitPattern gpt2));
        Assert.Equal(SplitPattern.Gpt2, gpt2);
        Assert.False(SplitPatterns.TryRecognize(@"\w+", out _));
    }

    [Fact]
    public void Characters_are_classified_as_in_Unicode_16()
    {
        // Another Unicode version would change tokens: letters that came with 16 are letters, those of 17 are not.
        Assert.Equal((CharacterClass.Upper, CharacterClass.Lower), (Class(0x1C89), Class(0x1C8A)));
        Assert.Equal((CharacterClass.Caseless, CharacterClass.Number), (Class(0x105C0), Class(0x10D40)));
        Assert.Equal((CharacterClass.Other, CharacterClass.Other), (Class(0x088F), Class(0x16EA0)));
        byte[] all = [.. Enumerable.Range(0, 0x110000).Select(code => (byte)Class(code))];
        Assert.Equal("d78bcdd21e4275a188132867cdd40afd9803759fc2d92cfefbc7e740778fede8", Convert.ToHexStringLower(SHA256.HashData(all)));

        int[] spaces = [9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, .. Enumerable.Range(0x2000, 11), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000];
        Assert.Equal(spaces, Enumerable.Range(0, 0x110000).Where(code => (Class(code) & CharacterClass.Space) != 0));
    }

    private static CharacterClass Class(int code) => GptSharp.Data.Tokenizers.Bpe.Characters.Of(code);
}
