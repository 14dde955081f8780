using System.CommandLine;
using GptSharp.Data;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer verify</c>: whether a tokenizer can be relied on.</summary>
internal static class TokenizerVerifyCommand
{
    public static Command Create(CommandOutput output)
    {
        Argument<string?> argument = new("path") { Description = "The tokenizer; --tokenizer says the same.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> path = TokenizerCommand.PathOption();
        Option<string?> pattern = TokenizerCommand.PatternOption();
        Option<string[]> texts = new("--text") { Description = "A text file that must come back byte for byte; may be given often.", HelpName = "file" };
        CommandWithExamples command = new(
            "verify",
            "Check a tokenizer: its tokens, its special tokens, that texts come back, and that all of its files say the same.",
            "gptsharp tokenizer verify tokenizers/novel",
            "gptsharp tokenizer verify tokenizers/novel --text novel.txt")
        {
            argument, path, pattern, texts,
        };
        command.SetAction(parsed =>
        {
            string? named = parsed.GetValue(argument) ?? parsed.GetValue(path);
            ITokenizer tokenizer = TokenizerCommand.Open(named, parsed.GetValue(pattern));
            byte[][] files = [.. (parsed.GetValue(texts) ?? []).Select(Read)];
            TokenizerReport report = TokenizerCheck.Run(tokenizer, TokenizerFile.OtherForms(named!, parsed.GetValue(pattern) is { } name ? TokenizerCommand.PatternNamed(name) : null), files);
            foreach (string fact in report.Facts)
            {
                output.Out.WriteLine(fact);
            }

            return report.Problems.Count == 0
                ? ExitCode.Done
                : throw new CorpusException($"{named}: {string.Join(" ", report.Problems)}");
        });
        return command;
    }

    private static byte[] Read(string file) => File.Exists(file) ? File.ReadAllBytes(file) : throw new RefusedFileException(file, "there is no such file.");
}
