using System.Text;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;

namespace GptSharp.Data.Tests.Tokenizers;

public sealed class TokenizerFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ITokenizer Load(string json) => TokenizerFile.Load(_folder.Put("tokenizer.json", json));

    [Fact]
    public void A_tokenizer_comes_back_with_every_token_where_it_was()
    {
        var characters = new CharTokenizer(Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(code => new Rune(code)));
        string path = _folder.At("tokenizer.json");
        TokenizerFile.Save(path, characters);
        var loaded = Assert.IsType<CharTokenizer>(TokenizerFile.Load(path));
        Assert.Equal(characters.Alphabet, loaded.Alphabet);

        TokenizerFile.Save(path, new ByteTokenizer());
        Assert.IsType<ByteTokenizer>(TokenizerFile.Load(path));
    }

    [Fact]
    public void The_file_is_what_the_format_says()
    {
        Assert.Equal("""{"kind":"byte"}""", TokenizerFile.ToJson(new ByteTokenizer()));
        Assert.Equal("""{"kind":"char","alphabet":"\n ab"}""", TokenizerFile.ToJson(CharTokenizer.Of("b a\n")));
        Assert.Equal("abé", Assert.IsType<CharTokenizer>(Load("""{ "alphabet": "éba", "kind": "char" }""")).Alphabet);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"kind": "bpe"}""")]
    [InlineData("""{"kind": 3}""")]
    [InlineData("""{"kind": "char"}""")]
    [InlineData("""{"kind": "char", "alphabet": 5}""")]
    [InlineData("""{"kind": "char", "alphabet": ""}""")]
    [InlineData("""{"kind": "char", "alphabet": null}""")]
    public void What_is_no_tokenizer_is_refused(string json)
    {
        string sentence = Assert.Throws<RefusedFileException>(() => Load(json)).Message;
        Assert.StartsWith($"{_folder.At("tokenizer.json")}: ", sentence, StringComparison.Ordinal);
    }
}
