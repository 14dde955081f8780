using System.CommandLine;
using System.Globalization;
using System.Text;
using GptSharp.Cli.Display;
using GptSharp.Data;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp data export</c> and <c>gptsharp data import</c>: token files of nanoGPT and llm.c.</summary>
internal static class DataExchangeCommands
{
    private const string CharactersOf = "char:";

    public static Command CreateExport(CommandOutput output)
    {
        Argument<string> source = new("dataset") { Description = "The folder of a data set." };
        Option<string> format = new("--format") { Description = "Whose token files to write.", HelpName = "nanogpt|llmc", Required = true };
        Option<string> folder = new("--out") { Description = "A new folder for them.", HelpName = "folder", Required = true };
        CommandWithExamples command = new(
            "export",
            "Write a data set as the token files of nanoGPT (.bin) or llm.c (shards with a header).",
            "gptsharp data export data/web --format llmc --out web-llmc",
            "gptsharp data export data/tinyshakespeare --format nanogpt --out nanoGPT/data/mine")
        {
            source, format, folder,
        };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(format)!;
            if (name is not ("nanogpt" or "llmc"))
            {
                throw new ConfigurationException($"--format is '{name}', but must be nanogpt or llmc.");
            }

            using Dataset dataset = Dataset.Open(parsed.GetValue(source)!);
            string target = parsed.GetValue(folder)!;
            IReadOnlyList<string> files = name == "llmc" ? DatasetExport.ToLlmc(dataset, target) : DatasetExport.ToNanoGpt(dataset, target);
            TextTable table = new("file", ">bytes");
            foreach (string file in files)
            {
                table.Add(file, Number(new FileInfo(file).Length));
            }

            table.Write(output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateImport(CommandOutput output)
    {
        Argument<string> source = new("folder") { Description = "A folder with train.bin and val.bin of nanoGPT, or with llm.c's shards." };
        Option<string?> tokenizer = new("--tokenizer")
        {
            Description = "What the tokens mean, which the files do not say: a tokenizer's file or folder, byte, or char:TEXT for the characters of a text file.",
            HelpName = "path",
        };
        Option<string> separator = new("--separator") { Description = "Text of the token between documents; none for none, auto for <|endoftext|> if the tokenizer has it.", HelpName = "text", DefaultValueFactory = _ => "auto" };
        Option<string> folder = new("--out") { Description = "The folder that becomes the data set.", HelpName = "folder", Required = true };
        CommandWithExamples command = new(
            "import",
            "Make a data set of the token files of nanoGPT (.bin) or llm.c (shards with a header).",
            "gptsharp data import llm.c/dev/data/fineweb10B --tokenizer tokenizers/gpt2 --out data/fineweb",
            "gptsharp data import nanoGPT/data/shakespeare_char --tokenizer char:nanoGPT/data/shakespeare_char/input.txt --out data/shakespeare")
        {
            source, tokenizer, separator, folder,
        };
        command.SetAction((parsed, cancellation) =>
        {
            string from = parsed.GetValue(source)!;
            ITokenizer vocabulary = TokenizerNamed(parsed.GetValue(tokenizer), from);
            string? text = DataPrepareCommand.Separator(parsed.GetValue(separator)!, vocabulary);
            DatasetManifest made = DatasetImport.Run(from, vocabulary, text, parsed.GetValue(folder)!, cancellation);
            string documents = made.Documents == 0 ? "" : $"{Format.Count(made.Documents, "document")}, ";
            output.Out.WriteLine($"{parsed.GetValue(folder)}: {documents}vocabulary {Number(made.VocabularySize)}, divided as it was");
            PreparationTables.WriteSplits(output.Out, made);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static ITokenizer TokenizerNamed(string? name, string source)
    {
        if (name is null)
        {
            string pickle = Path.Combine(source, "meta.pkl");
            throw File.Exists(pickle)
                ? new CorpusException(
                    $"{pickle} is a pickle, which can run any program when it is opened, so it is not read. nanoGPT numbers the characters of its text in their order, so name that text: --tokenizer {CharactersOf}{Path.Combine(source, "input.txt")}")
                : new ConfigurationException("--tokenizer is missing: token files do not say what their tokens mean; name a tokenizer's file or folder, for GPT-2's tokens what 'gptsharp tokenizer get gpt2' makes.");
        }

        if (name.StartsWith(CharactersOf, StringComparison.Ordinal))
        {
            string text = name[CharactersOf.Length..];
            return File.Exists(text)
                ? new CharTokenizer(File.ReadLines(text, new UTF8Encoding(false, throwOnInvalidBytes: true)).SelectMany(line => line.EnumerateRunes()).Append(new Rune('\n')))
                : throw new ConfigurationException($"--tokenizer is '{name}', but there is no file {text}.");
        }

        return name == "byte" ? new ByteTokenizer()
            : File.Exists(name) || Directory.Exists(name) ? TokenizerFile.Load(name)
            : throw new ConfigurationException($"--tokenizer is '{name}', but must be byte, {CharactersOf}TEXT, or a tokenizer's file or folder.");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
