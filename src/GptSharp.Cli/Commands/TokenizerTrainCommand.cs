using System.CommandLine;
using System.Diagnostics;
using GptSharp.Cli.Display;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Files;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer train</c>: learns a byte-level vocabulary from texts.</summary>
internal static class TokenizerTrainCommand
{
    private const string EndOfText = "<|endoftext|>";

    public static Command Create(CommandOutput output)
    {
        Argument<string[]> files = new("file") { Description = "Text files; each one is one text.", Arity = ArgumentArity.OneOrMore };
        Option<int> vocabulary = new("--vocab")
        {
            Description = "Tokens in all: special ones, 256 bytes, and one for each merge.",
            HelpName = "n",
            Required = true,
        };
        Option<string> pattern = new("--pattern")
        {
            Description = "How text is cut before pairs are counted.",
            HelpName = TokenizerCommand.PatternNames,
            DefaultValueFactory = _ => "gpt2",
        };
        Option<string> folder = new("--out") { Description = "The folder for tokenizer.json, vocab.json and merges.txt.", HelpName = "folder", Required = true };
        Option<string[]> special = new("--special")
        {
            Description = $"A special token; may be given often, the first gets id 0. Without it, {EndOfText}.",
            HelpName = "token",
        };
        Option<bool> noSpecial = new("--no-special") { Description = "No special token." };
        Option<int?> threads = new("--threads") { Description = "Threads that count; they change no bit of the result.", HelpName = "n" };
        Option<bool> force = new("--force") { Description = "Replace a tokenizer that is there already." };
        CommandWithExamples command = new(
            "train",
            "Learn a vocabulary from texts: the most frequent pair of neighbours becomes a token, again and again.",
            "gptsharp tokenizer train novel.txt --vocab 512 --pattern gpt2 --out tokenizers/novel",
            "gptsharp tokenizer train a.txt b.txt --vocab 32000 --pattern cl100k --special \"<|endoftext|>\" --special \"<|user|>\" --out tokenizers/chat")
        {
            files, vocabulary, pattern, folder, special, noSpecial, threads, force,
        };
        command.SetAction((parsed, cancellation) =>
        {
            string[] given = parsed.GetValue(special) is { Length: > 0 } tokens ? tokens : [EndOfText];
            var options = new BpeTrainingOptions(parsed.GetValue(vocabulary), TokenizerCommand.PatternNamed(parsed.GetValue(pattern)!))
            {
                SpecialTokens = parsed.GetValue(noSpecial) ? [] : given,
                Threads = parsed.GetValue(threads) ?? Environment.ProcessorCount,
            };
            Check(options);
            if (parsed.GetValue(noSpecial) && parsed.GetValue(special) is { Length: > 0 })
            {
                throw new ConfigurationException("--special and --no-special contradict each other; give one of them.");
            }

            Train(parsed.GetValue(files)!, options, parsed.GetValue(folder)!, parsed.GetValue(force), output, cancellation);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Check(BpeTrainingOptions options)
    {
        int least = options.SpecialTokens.Count + 256;
        string? problem = options.VocabularySize < least
            ? FormattableString.Invariant($"--vocab is {options.VocabularySize}, but the {SpecialTokens(options)} and 256 bytes are {least} already; give at least that many.")
            : options.Threads < 1 ? FormattableString.Invariant($"--threads is {options.Threads}, but must be at least 1.")
            : options.SpecialTokens.Any(token => token.Length == 0) ? "--special is empty, but must be a text."
            : options.SpecialTokens.GroupBy(token => token).FirstOrDefault(same => same.Count() > 1) is { } twice ? $"--special {twice.Key} is given twice."
            : options.SpecialTokens.FirstOrDefault(IsLetterOfByte) is { } letter ? $"--special {letter} is how tokenizer files write a single byte, which has a token of its own; {Advice(letter)}"
            : null;
        if (problem is not null)
        {
            throw new ConfigurationException(problem);
        }
    }

    private static string SpecialTokens(BpeTrainingOptions options) =>
        options.SpecialTokens.Count == 1 ? "special token" : FormattableString.Invariant($"{options.SpecialTokens.Count} special tokens");

    private static bool IsLetterOfByte(string token) => ByteLevel.TryRead(token, out byte[] bytes) && bytes.Length == 1;

    private static string Advice(string token) => $"choose a text that stands in no text, such as <|{token}|>.";

    // Files name a token by its text alone, so that a text which merges spell, too, would be one token in one file and two in another.
    private static void CheckSpelled(BpeTraining training)
    {
        int spelled = training.Tokens.Take(training.SpecialTokens.Count).TakeWhile(bytes => bytes is null).Count();
        if (spelled < training.SpecialTokens.Count)
        {
            string token = training.SpecialTokens[spelled];
            throw new ConfigurationException($"--special {token} is also what merges of these texts spell; {Advice(token)}");
        }
    }

    private static void Train(
        string[] files, BpeTrainingOptions options, string folder, bool force, CommandOutput output, CancellationToken cancellation)
    {
        if (files.FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            throw new RefusedFileException(missing, Directory.Exists(missing) ? "it is a folder; name the text files in it." : "there is no such file.");
        }

        CheckFree(folder, force);
        var clock = Stopwatch.StartNew();
        BpeTraining training = BpeTrainer.Train(files.Select(file => (Func<Stream>)(() => File.OpenRead(file))), options, Progress(output.Error), cancellation);
        CheckSpelled(training);
        TextTokenizer tokenizer = TextTokenizer.Of(training, options.Pattern);
        TokenizerFolder.Save(folder, tokenizer);

        long bytes = files.Sum(file => new FileInfo(file).Length);
        string source = files.Length == 1 ? files[0] : $"{Format.Count(files.Length)} files";
        output.Out.WriteLine(
            $"{folder}: vocabulary {Format.Count(tokenizer.VocabularySize)} = {training.SpecialTokens.Count} special + 256 bytes + "
            + $"{Format.Count(training.Merges.Count, "merge")}, pattern {TokenizerCommand.NameOf(options.Pattern)}, "
            + $"from {source} ({Format.Count(bytes, "byte")}) in {Format.Duration(clock.Elapsed)}");
        if (tokenizer.VocabularySize < options.VocabularySize)
        {
            output.Error.WriteLine(
                $"gptsharp: the texts ran out of pairs to merge, so there are {Format.Count(tokenizer.VocabularySize)} tokens, not the {Format.Count(options.VocabularySize)} that --vocab asks for.");
        }
    }

    private static void CheckFree(string folder, bool force)
    {
        string? taken = File.Exists(folder) ? folder : TokenizerFolder.Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (taken is not null && (!force || taken == folder))
        {
            throw new RefusedFileException(taken, taken == folder ? "it is a file; --out names a folder." : "it is there already and is not overwritten; --force replaces it.");
        }
    }

    // A line every few seconds, so that a short training is silent and a log of a long one stays readable.
    private static Action<BpeTrainingProgress> Progress(TextWriter writer)
    {
        var sinceLine = Stopwatch.StartNew();
        return progress =>
        {
            if (sinceLine.Elapsed >= TimeSpan.FromSeconds(2))
            {
                writer.WriteLine(progress.Merges == 0
                    ? $"{Format.Count(progress.Bytes)} bytes read, {Format.Count(progress.Pieces)} different pieces"
                    : $"{Format.Count(progress.Merges)} merges");
                sinceLine.Restart();
            }
        };
    }
}
