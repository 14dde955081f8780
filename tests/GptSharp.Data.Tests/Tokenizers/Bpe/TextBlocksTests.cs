using System.Text;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

public sealed class TextBlocksTests
{
    [Theory]
    [InlineData(SplitPattern.None)]
    [InlineData(SplitPattern.Gpt2)]
    [InlineData(SplitPattern.Cl100k)]
    [InlineData(SplitPattern.O200k)]
    public void Blocks_of_any_size_have_the_pieces_of_the_text(SplitPattern pattern)
    {
        const string characters = "abAZs'  \n\t1.!/é\u0301東😀";
        Rune[] runes = [.. characters.EnumerateRunes()];
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[][] texts = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
                Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => runes[random.Next(runes.Length)]))))];
            using var blocks = new TextBlocks(texts.Select<byte[], Func<Stream>>(text => () => new MemoryStream(text)), pattern, random.Next(5, 30));
            var pieces = new List<string>();
            byte[] buffer = [];
            for (int length; (length = blocks.Next(ref buffer)) >= 0;)
            {
                byte[] block = buffer[..length];
                pieces.AddRange(SplitPatterns.Split(pattern, block).Select(piece => Encoding.UTF8.GetString(block[piece])));
            }

            Assert.Equal(texts.SelectMany(text => SplitPatterns.Split(pattern, text).Select(piece => Encoding.UTF8.GetString(text[piece]))), pieces);
            Assert.Equal(texts.Sum(text => text.Length), blocks.BytesRead);
        }
    }
}
