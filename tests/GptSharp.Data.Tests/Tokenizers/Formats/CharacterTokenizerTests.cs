using System.Text;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>Tokenizers of characters, with U+2581 for spaces and bytes for what the vocabulary lacks, in both of LLaMA 2's forms and from SentencePiece's file.</summary>
public sealed class CharacterTokenizerTests : IDisposable
{
    private const string Legacy = """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""";
    private const string Metaspace = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""";
    private const string Decoder = """
        {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
        {"type":"Strip","content":" ","start":1,"stop":0}]}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TextTokenizer Load(string json) => Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("tokenizer.json", json)));

    private TextTokenizer LegacyTokenizer() => Load(SmallVocabulary.Shared.Json(Legacy, "null", Decoder));

    private TextTokenizer MetaspaceTokenizer() => Load(SmallVocabulary.Shared.Json("null", Metaspace, Decoder));

    private static string Spell(TextTokenizer tokenizer, string text) => string.Join('|', tokenizer.Encode(text).Select(id => tokenizer.SpellingOf(id)));

    [Fact]
    public void The_legacy_form_puts_a_sign_before_every_text_between_special_tokens()
    {
        TextTokenizer tokenizer = LegacyTokenizer();
        Assert.Equal("", Spell(tokenizer, ""));
        Assert.Equal("▁a", Spell(tokenizer, "a"));
        Assert.Equal("▁|▁a", Spell(tokenizer, " a"));
        Assert.Equal("<s>|▁a|</s>|▁a", Spell(tokenizer, "<s>a</s>a"));
        Assert.Equal(1, tokenizer.Encode("a", withTemplate: true)[0]);
        Assert.False(tokenizer.MayCutBeforeLineFeeds);
        foreach (string text in (string[])["a", " a", "  the  model ", "\n", "Z日{🦆"])
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Fact]
    public void The_metaspace_form_puts_a_sign_before_the_first_text_that_starts_with_none()
    {
        TextTokenizer tokenizer = MetaspaceTokenizer();
        Assert.Equal("▁a", Spell(tokenizer, "a"));
        Assert.Equal("▁a", Spell(tokenizer, " a"));
        Assert.Equal("<s>|a|</s>|a", Spell(tokenizer, "<s>a</s>a"));
        Assert.Equal("▁a|</s>|a", Spell(tokenizer, "a</s>a"));
        Assert.Equal("a", tokenizer.Decode(tokenizer.Encode(" a")));
    }

    [Fact]
    public void Bytes_stand_for_characters_that_the_vocabulary_lacks_and_not_for_their_own_spelling()
    {
        TextTokenizer tokenizer = LegacyTokenizer();
        Assert.Equal("▁|<0x5A>", Spell(tokenizer, "Z"));
        Assert.Equal("▁|<0xE6>|<0x97>|<0xA5>", Spell(tokenizer, "日"));
        Assert.DoesNotContain(3 + 10, tokenizer.Encode("<0x0A>"));
        Assert.Equal("<0x0A>", tokenizer.Decode(tokenizer.Encode("<0x0A>")));
        Assert.Equal(" the", tokenizer.Decode(tokenizer.Encode("▁the")));
    }

    [Fact]
    public void Invalid_bytes_come_back_where_there_are_tokens_for_bytes()
    {
        TextTokenizer tokenizer = LegacyTokenizer();
        var random = new Random(3);
        for (int length = 0; length < 200; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(bytes, tokenizer.DecodeBytes(tokenizer.EncodeBytes(bytes)));
        }
    }

    [Fact]
    public void A_continuation_keeps_its_first_space()
    {
        TextTokenizer tokenizer = LegacyTokenizer();
        int[] ids = tokenizer.Encode("the model");
        Assert.Equal("the model", tokenizer.Decode(ids));
        Assert.Equal(" the model", ((ITokenizer)tokenizer).DecodeContinuation(ids));
    }

    [Theory]
    [InlineData(Legacy, "null")]
    [InlineData("null", Metaspace)]
    [InlineData("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""")]
    [InlineData("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":true}""")]
    [InlineData("""{"type":"NFKC"}""", """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}""")]
    [InlineData("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""", """{"type":"Split","pattern":{"String":"▁"},"behavior":"MergedWithPrevious","invert":false}""")]
    public void Transformers_js_agrees_on_what_we_read_and_on_what_we_write(string normalizer, string preTokenizer)
    {
        string json = SmallVocabulary.Shared.Json(normalizer, preTokenizer, Decoder);
        TextTokenizer tokenizer = Load(json);
        string[] texts = [.. CharacterTexts.Odd, .. CharacterTexts.Random(5, 300, "<s>", "</s>")];
        TokenizerClient.RequireSameIds(_folder.Put("theirs.json", json), tokenizer, texts);
        TokenizerClient.RequireSameIds(_folder.Put("ours.json", TokenizerJson.Write(tokenizer)), tokenizer, texts);
    }

    [Fact]
    public void A_sentencepiece_model_of_pairs_gives_the_ids_of_the_legacy_form()
    {
        TextTokenizer legacy = LegacyTokenizer();
        TextTokenizer model = Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("tokenizer.model", SmallVocabulary.Shared.Model())));
        foreach (string text in CharacterTexts.Odd.Concat(CharacterTexts.Random(6, 2000, "<s>", "</s>")))
        {
            Assert.Equal(legacy.Encode(text), model.Encode(text));
            Assert.Equal(legacy.Encode(text, withTemplate: true), model.Encode(text, withTemplate: true));
            Assert.Equal(legacy.Decode(legacy.Encode(text)), model.Decode(model.Encode(text)));
        }

        Assert.Equal(
            [SentencePieceType.Unknown, SentencePieceType.Control, SentencePieceType.Control, SentencePieceType.Byte],
            Enumerable.Range(0, 4).Select(model.TypeOf));
        Assert.Equal((1, 2), (model.BeginToken, model.EndToken));
        Assert.True(model.Scores()[259] > model.Scores()[260]);
    }

    [Fact]
    public void A_sentencepiece_model_keeps_its_ids_as_json_here_and_in_transformers_js()
    {
        TextTokenizer model = Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("tokenizer.model", SmallVocabulary.Shared.Model())));
        string json = TokenizerJson.Write(model);
        var again = Assert.IsType<TextTokenizer>(TokenizerFile.FromJson(json, "json"));
        string[] texts = [.. CharacterTexts.Odd, .. CharacterTexts.Random(7, 300, "<s>", "</s>")];
        Assert.All(texts, text => Assert.Equal(model.Encode(text), again.Encode(text)));
        Assert.Equal(json, TokenizerJson.Write(again));
        TokenizerClient.RequireSameIds(_folder.Put("ours.json", json), model, texts);
    }

    [Fact]
    public void Extra_spaces_are_removed_where_the_model_says_so()
    {
        byte[] file = SmallVocabulary.Shared.Model(normalizer: settings => SmallVocabulary.Number(settings, 4, 1));
        TextTokenizer model = Assert.IsType<TextTokenizer>(TokenizerFile.Load(_folder.Put("tokenizer.model", file)));
        Assert.Equal(model.Encode("the model a"), model.Encode("   the  model     a  "));
        Assert.Equal("▁|\n|▁a", Spell(model, "\n a"));
    }
}
