using System.Text;
using GptSharp.Cli.Tests.Display;
using GptSharp.Cli.Tokenizers;
using GptSharp.Data.Tokenizers;
using Spectre.Console;

namespace GptSharp.Cli.Tests.Tokenizers;

public sealed class TokenPictureTests
{
    private static string[] Draw(int width, params IEnumerable<ShownToken> tokens)
    {
        using StringWriter writer = FakeRun.Writer();
        IAnsiConsole console = FakeRun.Console(writer, width, height: 30, ansi: true);
        console.Write(new TokenPicture([.. tokens]));
        return writer.ToString().TrimEnd('\n').Split('\n');
    }

    private static string Plain(string line) => FakeRun.WithoutControlSequences(line);

    private static ShownToken Token(int id, string text, bool special = false) => new(id, Encoding.UTF8.GetBytes(text), special);

    [Fact]
    public void Ids_stand_below_their_tokens_and_lines_end_behind_line_feeds()
    {
        string[] lines = Draw(40, Token(15496, "Hi"), Token(7, " there\n"), Token(0, "<|end|>", special: true), Token(3, "東"));
        Assert.Equal(["Hi    ·there↵", "15496 7", "<|end|> 東", "0       3"], lines.Select(Plain));
        Assert.Contains("\u001b[", lines[0], StringComparison.Ordinal);
        Assert.NotEqual(lines[0].IndexOf("48;5;", StringComparison.Ordinal), -1);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    [InlineData(12)]
    [InlineData(3)]
    public void No_line_is_wider_than_the_window_and_nothing_is_lost(int width)
    {
        string[] texts = ["Hello", " world", "東京都", "\t", " ", new string('x', 100), "é", "\u0301", "\u001b[2J"];
        string[] lines = Draw(width, texts.Select((text, id) => Token(id, text)));
        Assert.All(lines, line => Assert.True(Plain(line).GetCellWidth() <= Math.Max(width, 7), line));
        string shown = string.Concat(lines.Where((_, index) => index % 2 == 0).Select(line => Plain(line).Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal(string.Concat(texts.Select(text => TokenText.Picture(Encoding.UTF8.GetBytes(text)))), shown);
        Assert.Contains("\\u001B[2J", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_character_are_spelt_out()
    {
        Assert.Equal("\"\\xE6\\x97é\\n\\u200B \\\\\"", TokenText.Quote([0xE6, 0x97, .. "é\n\u200B \\"u8]));
        ShownToken token = ShownToken.Of(new ByteTokenizer(), 0xC3);
        Assert.Equal("\uFFFD", Encoding.UTF8.GetString(token.Bytes));
    }
}
