using System.Text;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

public sealed class BpeTextStreamTests
{
    private static readonly BpeModel Bytes = BpeModel.FromMerges([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })], [], SplitPattern.None);

    [Fact]
    public void Characters_appear_when_they_are_whole()
    {
        var stream = new BpeTextStream(Bytes);
        string[] parts = [.. Bytes.Encode("a€😀").Select(stream.Add), stream.Finish()];
        Assert.Equal(["a", "", "", "€", "", "", "", "😀", ""], parts);
    }

    [Fact]
    public void What_cannot_become_a_character_is_replaced()
    {
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(3) == 0 ? random.Next(0x80) : random.Next(0x80, 0x100))];
            var stream = new BpeTextStream(Bytes);
            Assert.Equal(Encoding.UTF8.GetString(Bytes.Decode(ids)), string.Concat(ids.Select(stream.Add)) + stream.Finish());
        }

        Assert.Equal("\uFFFD", new BpeTextStream(Bytes).Add(300));
    }
}
