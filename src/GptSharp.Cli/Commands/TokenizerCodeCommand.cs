using System.CommandLine;
using GptSharp.Cli.Tokenizers;
using GptSharp.Data;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer encode</c> and <c>decode</c>: filters from text to ids and back.</summary>
internal static class TokenizerCodeCommand
{
    public static Command CreateEncode(CommandOutput output)
    {
        Option<bool> special = new("--special") { Description = "Add the tokens that the tokenizer puts around a text, such as <s>." };
        return Create(
            "encode",
            "Read text from standard input and write the ids of its tokens. Special tokens written in the text become their ids.",
            ["gptsharp tokenizer encode --tokenizer tokenizers/novel < novel.txt", "echo '\"Hello\"' | gptsharp tokenizer encode --tokenizer tokenizers/novel --jsonl"],
            "Read a JSON text per line, write a JSON list of ids per line.",
            special,
            (tokenizer, withTemplate, lines, input, written) =>
            {
                var writer = new TokenIdWriter(written);
                int[] Encode(ReadOnlySpan<byte> text) => tokenizer is TextTokenizer known ? known.EncodeBytes(text, withTemplate) : tokenizer.EncodeBytes(text);
                if (lines)
                {
                    JsonLines.Read(input, line => writer.WriteList(Encode(JsonLines.Text(line))));
                }
                else
                {
                    writer.WriteLine(Encode(ReadAll(input)));
                }
            },
            output);
    }

    public static Command CreateDecode(CommandOutput output)
    {
        Option<bool> special = new("--special") { Description = "Leave out the tokens that encode --special adds." };
        return Create(
            "decode",
            "Read the ids of tokens from standard input, separated by spaces, commas or line ends, and write their text, to the byte.",
            ["echo 40 79 12 | gptsharp tokenizer decode --tokenizer tokenizers/novel"],
            "Read a JSON list of ids per line, write a JSON text per line.",
            special,
            (tokenizer, withoutTemplate, lines, input, written) =>
            {
                byte[] Decode(int[] ids) => tokenizer.DecodeBytes(withoutTemplate && tokenizer is TextTokenizer known ? known.Template.Strip(ids) : ids);
                if (lines)
                {
                    JsonLines.Read(input, line => JsonLines.WriteText(written, Decode(JsonLines.Ids(line, tokenizer.VocabularySize))));
                }
                else
                {
                    written.Write(Decode(TokenIdReader.Read(ReadAll(input), tokenizer.VocabularySize)));
                }
            },
            output);
    }

    private delegate void Filter(ITokenizer tokenizer, bool special, bool lines, Stream input, Stream written);

    private static CommandWithExamples Create(
        string name, string description, string[] examples, string linesDescription, Option<bool> special, Filter filter, CommandOutput output)
    {
        Option<string?> path = TokenizerCommand.PathOption();
        Option<string?> pattern = TokenizerCommand.PatternOption();
        Option<bool> lines = new("--jsonl") { Description = linesDescription };
        CommandWithExamples command = new(name, description, examples) { path, pattern, lines, special };
        command.SetAction(parsed =>
        {
            ITokenizer tokenizer = TokenizerCommand.Open(parsed.GetValue(path), parsed.GetValue(pattern));
            using Stream input = output.OpenInput();
            using var written = new BufferedStream(output.OpenOutput(), 1 << 16);
            try
            {
                filter(tokenizer, parsed.GetValue(special), parsed.GetValue(lines), input, written);
            }
            catch (UnknownCharacterException exception)
            {
                // The text is data here, no part of the command line.
                throw new CorpusException($"standard input: {exception.Message}", exception);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static byte[] ReadAll(Stream input)
    {
        using var whole = new MemoryStream();
        input.CopyTo(whole);
        return whole.ToArray();
    }
}
