using System.CommandLine;
using System.Globalization;
using System.Text;
using GptSharp.Cli.Display;
using GptSharp.Cli.Tokenizers;
using GptSharp.Data.Tokenizers;
using Spectre.Console;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer show</c>: how a text falls into tokens, to look at.</summary>
internal static class TokenizerShowCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string?> text = new("text") { Description = "The text; without it, what is on standard input.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> path = TokenizerCommand.PathOption();
        Option<string?> pattern = TokenizerCommand.PatternOption();
        Option<bool> special = new("--special") { Description = "Add the tokens that the tokenizer puts around a text, such as <s>." };
        CommandWithExamples command = new(
            "show",
            "Show a text with each token in a colour of its own and its id below; in a pipe, a token per line.",
            "gptsharp tokenizer show \"The mole dug a hole.\" --tokenizer tokenizers/novel")
        {
            text, path, pattern, special,
        };
        command.SetAction(parsed =>
        {
            ITokenizer tokenizer = TokenizerCommand.Open(parsed.GetValue(path), parsed.GetValue(pattern));
            byte[] bytes = parsed.GetValue(text) is { } given ? Encoding.UTF8.GetBytes(given) : Read(output);
            int[] ids = tokenizer is TextTokenizer known ? known.EncodeBytes(bytes, parsed.GetValue(special)) : tokenizer.EncodeBytes(bytes);
            ShownToken[] tokens = [.. ids.Select(id => ShownToken.Of(tokenizer, id))];
            string perToken = ids.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $": {(double)bytes.Length / ids.Length:0.0} bytes per token");
            output.Out.WriteLine($"{Format.Count(ids.Length, "token")}, {Format.Count(bytes.Length, "byte")}{perToken}");
            if (output.IsTerminal && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors)
            {
                AnsiConsole.Write(new TokenPicture(tokens));
            }
            else
            {
                WriteTable(tokens, output.Out);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteTable(ShownToken[] tokens, TextWriter writer)
    {
        TextTable table = new(">id", "token");
        foreach (ShownToken token in tokens)
        {
            table.Add(token.Id.ToString(CultureInfo.InvariantCulture), TokenText.Quote(token.Bytes));
        }

        table.Write(writer);
    }

    private static byte[] Read(CommandOutput output)
    {
        using Stream input = output.OpenInput();
        using var whole = new MemoryStream();
        input.CopyTo(whole);
        return whole.ToArray();
    }
}
