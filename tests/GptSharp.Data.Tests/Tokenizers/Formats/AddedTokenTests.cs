using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>Added tokens and their flags. The expected ids follow the rules of the tokenizers library's added_vocabulary.rs, worked out by hand.</summary>
public sealed class AddedTokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TextTokenizer With(string tokens, string normalizer = "null")
    {
        string letters = string.Join(',', Enumerable.Range(' ', 95).Select(code => $"{SmallVocabulary.Quote(((char)code).ToString())}:{code - ' '}"));
        return Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("tokenizer.json", $$$"""
            {"added_tokens":[{{{tokens}}}],"normalizer":{{{normalizer}}},"pre_tokenizer":null,"post_processor":null,"decoder":{"type":"Fuse"},
            "model":{"type":"BPE","unk_token":"?","vocab":{{{{letters}}}},"merges":[]}}
            """)));
    }

    private static string Token(int id, string content, string flags = "") =>
        $$"""{"id":{{id}},"content":{{SmallVocabulary.Quote(content)}}{{flags}},"special":{{(flags.Contains("normalized", StringComparison.Ordinal) ? "false" : "true")}}}""";

    private static string Spell(TextTokenizer tokenizer, string text) => string.Join('|', tokenizer.Encode(text).Select(tokenizer.SpellingOf));

    [Theory]
    [InlineData("a<m>b", "a|<m>|b")]
    [InlineData("<m><m>", "<m>|<m>")]
    [InlineData("<m", "<|m")]
    [InlineData("<<m>>", "<|<m>|>")]
    [InlineData("<m>x<mm>", "<m>|x|<mm>")]
    [InlineData("", "")]
    public void A_token_is_found_as_it_is_written_and_the_longest_wins(string text, string expected) =>
        Assert.Equal(expected, Spell(With($"{Token(200, "<m>")},{Token(201, "<mm>")}"), text));

    [Fact]
    public void Of_tokens_that_begin_alike_the_longest_wins_and_then_the_leftmost()
    {
        TextTokenizer tokenizer = With($"{Token(200, "ab")},{Token(201, "abc")},{Token(202, "bcd")}");
        Assert.Equal("abc|d", Spell(tokenizer, "abcd"));
        Assert.Equal("ab|d|bcd", Spell(tokenizer, "abdbcd"));
    }

    [Theory]
    [InlineData("a  <m>  b", "a|<m>| | |b")]
    [InlineData("  <m>", "<m>")]
    [InlineData("<m> <m>", "<m>|<m>")]
    public void Lstrip_takes_the_white_space_before_it(string text, string expected) =>
        Assert.Equal(expected, Spell(With(Token(200, "<m>", ",\"lstrip\":true")), text));

    [Theory]
    [InlineData("a <m>  b", "a| |<m>|b")]
    [InlineData("<m>\u3000 \n", "<m>")]
    public void Rstrip_takes_the_white_space_behind_it(string text, string expected) =>
        Assert.Equal(expected, Spell(With(Token(200, "<m>", ",\"rstrip\":true")), text));

    [Theory]
    [InlineData("no", "no")]
    [InlineData("no.", "no|.")]
    [InlineData("(no)", "(|no|)")]
    [InlineData("nor", "n|o|r")]
    [InlineData("ano", "a|n|o")]
    [InlineData("no_", "n|o|_")]
    [InlineData("no1", "n|o|1")]
    [InlineData("no no", "no| |no")]
    [InlineData("noé", "n|o|?")]
    [InlineData("no\u0301", "n|o|?")]
    public void A_single_word_is_found_between_other_characters_than_those_of_words(string text, string expected) =>
        Assert.Equal(expected, Spell(With(Token(200, "no", ",\"single_word\":true")), text));

    [Fact]
    public void A_normalized_token_is_found_in_the_normalized_text_and_a_plain_one_before()
    {
        TextTokenizer tokenizer = With($"{Token(200, "<Mark>", ",\"normalized\":true")},{Token(201, "<RAW>")}", """{"type":"Lowercase"}""");
        Assert.Equal("<Mark>|<Mark>|x", Spell(tokenizer, "<MARK><mark>X"));
        Assert.Equal("<RAW>|<|r|a|w|>", Spell(tokenizer, "<RAW><raw>"));
    }

    [Fact]
    public void Ids_of_added_tokens_may_lie_beyond_the_model()
    {
        TextTokenizer tokenizer = With(Token(500, "<m>"));
        Assert.Equal(501, tokenizer.VocabularySize);
        Assert.Equal("<m>", tokenizer.Decode([500]));
        Assert.Equal("\uFFFD", tokenizer.Decode([400]));
        Assert.Equal("\uFFFD", tokenizer.Decode([70_000]));
    }
}
