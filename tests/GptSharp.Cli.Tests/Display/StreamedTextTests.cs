using System.Globalization;
using System.Text;
using GptSharp.Cli.Display;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Tests.Display;

public sealed class StreamedTextTests
{
    [Fact]
    public void Characters_of_several_bytes_appear_whole_and_as_soon_as_they_are()
    {
        StringWriter writer = new(CultureInfo.InvariantCulture);
        StreamedText text = new(new ByteTokenizer(), writer, "> ");
        string shown = "> ";
        foreach (Rune letter in "aé€😀b".EnumerateRunes())
        {
            foreach (byte value in Encoding.UTF8.GetBytes(letter.ToString()))
            {
                Assert.Equal(shown, writer.ToString());
                text.Add(value);
            }

            shown += letter;
        }

        Assert.Equal(shown, writer.ToString());
        text.Finish();
        Assert.Equal(shown + "\n", writer.ToString());
    }

    [Theory]
    [InlineData("a\r\nb\n", "a\nb\n")]
    [InlineData("a\rb", "a\uFFFDb\n")]
    [InlineData("\u001b[2J\t.", "\uFFFD[2J .\n")]
    [InlineData("", "")]
    public void It_shows_what_the_whole_text_would_show(string written, string shown)
    {
        StringWriter writer = new(CultureInfo.InvariantCulture);
        StreamedText text = new(new ByteTokenizer(), writer, "");
        foreach (byte value in Encoding.UTF8.GetBytes(written))
        {
            text.Add(value);
        }

        text.Finish();
        Assert.Equal(shown, writer.ToString());
    }

    [Fact]
    public void Bytes_that_are_no_text_become_the_replacement_sign()
    {
        StringWriter writer = new(CultureInfo.InvariantCulture);
        StreamedText text = new(new ByteTokenizer(), writer, "");
        foreach (byte value in (byte[])[0xFF, 0xE2, 0x82, 0xFF, (byte)'a', 0xE2, 0x82])
        {
            text.Add(value);
        }

        text.Finish();
        Assert.Equal("\uFFFD\uFFFD\uFFFDa\uFFFD\n", writer.ToString());
    }
}
