using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Filters;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp data prepare</c>: text becomes a data set.</summary>
internal static class DataPrepareCommand
{
    // Special tokens that stand between documents in the tokenizers of GPT-2 and its heirs, Llama 3, and Llama 2.
    private static readonly string[] UsualSeparators = ["<|endoftext|>", "<|end_of_text|>", "</s>"];

    public static Command Create(CommandOutput output)
    {
        Argument<string[]> sources = new("source")
        {
            Description = "Text files in UTF-8, JSON lines (.jsonl, .ndjson), either packed with gzip (.gz), or folders of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> folder = new("--out") { Description = "The folder that becomes the data set.", HelpName = "folder", Required = true };
        Option<string> tokenizer = Text("--tokenizer", "One token per character (char), per byte (byte), or a tokenizer's file or folder.", "char|byte|path", "char");
        Option<double> validation = Number("--validation-share", "Share of the text that is kept for validation.", "share", 0.1);
        Option<double> test = Number("--test-share", "Share of the text that is kept for a final test.", "share", 0);
        Option<string> separator = Text("--separator", "Text of the token before each document; none for none, auto for the tokenizer's <|endoftext|> if it has it.", "text", "auto");
        Option<string?> splitAt = new("--split-at") { Description = "Text between two documents of a text file; without it, a file is one document.", HelpName = "text" };
        Option<string> textField = Text("--text-field", "Field of a line of JSON that holds the text; a.b is field b of object a.", "name", "text");
        Option<string[]> filters = new("--filter")
        {
            Description = $"Keep what passes a filter: {string.Join(", ", FilterNames.All)}; thresholds follow a colon, as in gopher-quality:min_words=20. Several are applied in their order.",
            HelpName = "name",
        };
        Option<string?> licences = new("--licence", "--license") { Description = "Keep documents with one of these licences, between commas.", HelpName = "names" };
        Option<string> licenceField = Text("--licence-field", "Field of a line of JSON that holds the licence.", "name", "license");
        Option<string[]> decontaminate = new("--decontaminate") { Description = "Drop documents that have a run of words of this evaluation file: text with an example on each line, or JSON lines.", HelpName = "file" };
        Option<int> ngram = new("--ngram") { Description = "Length of such a run, in words.", HelpName = "words", DefaultValueFactory = _ => FilterNames.ContaminationWords };
        Option<string> duplicates = Text("--duplicates", "Keep copies of documents, drop exact ones, or near ones as well.", "keep|exact|near", "keep");
        Option<double> threshold = Number("--near", "Similarity from which a document is a near copy.", "share", 0.8);
        Option<bool> dropUnreadable = new("--drop-unreadable") { Description = "Drop and report what is no UTF-8, JSON or has no text, rather than stop." };
        Option<long> shardTokens = new("--shard-tokens") { Description = "Tokens at which a file of tokens is full.", HelpName = "number", DefaultValueFactory = _ => 100_000_000 };
        Option<int> threads = new("--threads") { Description = "Threads; the result does not depend on them.", HelpName = "number", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<double> checkpoint = Number("--save-every", "Seconds after which progress is saved, for an interrupted command to go on from.", "seconds", 10);
        Option<bool> force = DataCommand.CreateForce();
        CommandWithExamples command = new(
            "prepare",
            "Divide text into training, validation and test, and turn it into tokens. The same command goes on where an interrupted one stopped.",
            "gptsharp data prepare my-texts/ --out data/my-texts",
            "gptsharp data prepare novel.txt --out data/novel --tokenizer byte --test-share 0.05",
            "gptsharp data prepare web/*.jsonl.gz --out data/web --tokenizer tokenizers/mine --filter gopher-quality --filter gopher-repetition --duplicates near")
        {
            sources, folder, tokenizer, validation, test, separator, splitAt, textField, filters, licences, licenceField, decontaminate, ngram,
            duplicates, threshold, dropUnreadable, shardTokens, threads, checkpoint, force,
        };
        command.SetAction((parsed, cancellation) =>
        {
            string copies = Choice("--duplicates", parsed.GetValue(duplicates)!, "keep", "exact", "near");
            Need(parsed, threshold, "--duplicates near", copies == "near");
            Need(parsed, ngram, "--decontaminate", parsed.GetValue(decontaminate) is { Length: > 0 });
            Need(parsed, licenceField, "--licence", parsed.GetValue(licences) is not null);
            CheckShares(parsed.GetValue(validation), parsed.GetValue(test));
            ITokenizer? vocabulary = TokenizerNamed(parsed.GetValue(tokenizer)!);
            string field = parsed.GetValue(textField)!;
            DatasetOptions options = new()
            {
                Tokenizer = vocabulary,
                ValidationShare = parsed.GetValue(validation),
                TestShare = parsed.GetValue(test),
                Separator = Separator(parsed.GetValue(separator)!, vocabulary),
                TextField = field,
                Filters =
                [
                    .. Licence(parsed.GetValue(licences), parsed.GetValue(licenceField)!),
                    .. (parsed.GetValue(filters) ?? []).Select(FilterNamed),
                    .. (parsed.GetValue(decontaminate) ?? []).Select(file => FilterNames.Decontaminate(file, field, AtLeastOne("--ngram", parsed.GetValue(ngram)))),
                ],
                DropDuplicates = copies != "keep",
                NearDuplicateThreshold = copies == "near" ? ShareOf("--near", parsed.GetValue(threshold)) : null,
                DropUnreadable = parsed.GetValue(dropUnreadable),
                ShardTokens = AtLeastOne("--shard-tokens", parsed.GetValue(shardTokens)),
                Threads = AtLeastOne("--threads", parsed.GetValue(threads)),
                CheckpointEvery = TimeSpan.FromSeconds(Math.Max(0, parsed.GetValue(checkpoint))),
                Force = parsed.GetValue(force),
            };
            Run(TextCorpus.Open(parsed.GetValue(sources)!, parsed.GetValue(splitAt)), parsed.GetValue(folder)!, options, output, cancellation);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <summary>Prepares a corpus, and says what was made of it.</summary>
    internal static void Run(TextCorpus corpus, string folder, DatasetOptions options, CommandOutput output, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        DatasetManifest made = DatasetBuilder.Build(corpus, folder, options, Status(output.Error, clock), cancellation);
        PreparationTables.Write(output.Out, folder, corpus, made, clock.Elapsed);
    }

    // An option that says how something is done, where nobody asked for that, would be passed over in silence.
    private static void Need(ParseResult parsed, Option option, string needed, bool isThere)
    {
        if (!isThere && parsed.GetResult(option) is { Implicit: false })
        {
            throw new ConfigurationException($"{option.Name} says nothing without {needed}; give that, too.");
        }
    }

    private static void CheckShares(double validation, double test)
    {
        if (!(validation > 0 && test >= 0 && validation + test < 1))
        {
            throw new ConfigurationException(string.Create(
                CultureInfo.InvariantCulture,
                $"--validation-share {validation} and --test-share {test} cannot be: the first must be above 0, the second at least 0, and both together below 1."));
        }
    }

    private static Option<string> Text(string name, string description, string helpName, string value) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => value };

    private static Option<double> Number(string name, string description, string helpName, double value) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => value };

    // A line whenever progress is saved, so that short work is silent.
    private static Action<PreparationStatus> Status(TextWriter writer, Stopwatch clock)
    {
        TimeSpan silence = TimeSpan.FromSeconds(5);
        bool saidResumed = false;
        return status =>
        {
            if (status.IsResumed && !saidResumed)
            {
                writer.WriteLine("Going on where an interrupted attempt stopped.");
                saidResumed = true;
            }

            if (clock.Elapsed > silence)
            {
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:h\\:mm\\:ss} {status.Stage}: {Format.Count(status.Documents, "document")}"));
                silence = clock.Elapsed + TimeSpan.FromSeconds(5);
            }
        };
    }

    private static ITokenizer? TokenizerNamed(string name) => name switch
    {
        "char" => null,
        "byte" => new ByteTokenizer(),
        _ when File.Exists(name) || Directory.Exists(name) => TokenizerFile.Load(name),
        _ => throw new ConfigurationException($"--tokenizer is '{name}', but must be char, byte, or a tokenizer's file or folder."),
    };

    internal static string? Separator(string name, ITokenizer? tokenizer) => name switch
    {
        "none" => null,
        "auto" => UsualSeparators.FirstOrDefault(text => IsOneToken(tokenizer as TextTokenizer, text)),
        _ => name,
    };

    private static bool IsOneToken(TextTokenizer? tokenizer, string text)
    {
        try
        {
            return tokenizer?.Encode(text).Length == 1;
        }
        catch (UnknownCharacterException)
        {
            return false;
        }
    }

    private static DocumentFilter FilterNamed(string name)
    {
        try
        {
            return FilterNames.Create(name);
        }
        catch (FormatException exception)
        {
            throw new ConfigurationException($"--filter {name}: {exception.Message}");
        }
    }

    private static IEnumerable<DocumentFilter> Licence(string? names, string field)
    {
        string[] allowed = (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names is null ? []
            : allowed.Length > 0 ? [FilterNames.Licence(field, allowed)]
            : throw new ConfigurationException("--licence names no licence; write them between commas, as in --licence mit,cc0-1.0.");
    }

    private static string Choice(string option, string value, params string[] choices) => choices.Contains(value)
        ? value
        : throw new ConfigurationException($"{option} is '{value}', but must be {string.Join(", ", choices[..^1])} or {choices[^1]}.");

    private static double ShareOf(string option, double value) => value is > 0 and <= 1
        ? value
        : throw new ConfigurationException(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}, but must be above 0 and at most 1."));

    private static T AtLeastOne<T>(string option, T value)
        where T : System.Numerics.INumber<T> => value >= T.One
        ? value
        : throw new ConfigurationException(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}, but must be at least 1."));
}
