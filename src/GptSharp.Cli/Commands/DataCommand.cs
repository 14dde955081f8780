using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Downloads;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp data</c>: makes the data sets that models are trained on.</summary>
internal static class DataCommand
{
    public static Command Create(CommandOutput output) => new CommandWithExamples(
        "data",
        "Make a data set: from your own text, or from a known one that is downloaded.",
        "gptsharp data get tinyshakespeare",
        "gptsharp data prepare my-texts/ --out data/my-texts")
    {
        CreatePrepare(output),
        CreateGet(output),
    };

    /// <summary>Downloads a known data set and prepares it, unless it is there already.</summary>
    /// <param name="known">Which.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="folder">Where it goes; the text stays beside it.</param>
    /// <param name="force">Whether a data set that is there is replaced.</param>
    /// <param name="output">Where to write.</param>
    internal static async Task GetAsync(KnownDataset known, Uri address, string folder, bool force, CommandOutput output)
    {
        if (!force && IsThere(known, folder))
        {
            output.Out.WriteLine($"{folder} is there already.");
            return;
        }

        string text = Path.TrimEndingDirectorySeparator(folder) + ".txt";
        using (HttpClient client = new())
        {
            output.Error.WriteLine($"Downloading {address}");
            await new Download(client, address, text, known.Sha256).RunAsync(Progress(output.Error));
        }

        Prepare(text, folder, new DatasetOptions { Force = force }, output);
    }

    private static CommandWithExamples CreatePrepare(CommandOutput output)
    {
        Argument<string> source = new("source") { Description = "A text file in UTF-8, or a folder of .txt and .md files." };
        Option<string> folder = new("--out") { Description = "The folder that becomes the data set.", HelpName = "folder", Required = true };
        Option<string> tokenizer = new("--tokenizer")
        {
            Description = "One token per character (char) or per byte (byte).",
            HelpName = "char|byte",
            DefaultValueFactory = _ => "char",
        };
        Option<double> validation = new("--validation-share")
        {
            Description = "Share of the text that is kept for validation.",
            HelpName = "share",
            DefaultValueFactory = _ => 0.1,
        };
        Option<double> test = new("--test-share")
        {
            Description = "Share of the text that is kept for a final test.",
            HelpName = "share",
            DefaultValueFactory = _ => 0,
        };
        Option<bool> force = CreateForce();
        CommandWithExamples command = new(
            "prepare",
            "Divide text into training, validation and test, and turn it into tokens.",
            "gptsharp data prepare my-texts/ --out data/my-texts",
            "gptsharp data prepare novel.txt --out data/novel --tokenizer byte",
            "gptsharp data prepare novel.txt --out data/novel --validation-share 0.05 --test-share 0.05 --force")
        {
            source, folder, tokenizer, validation, test, force,
        };
        command.SetAction(parsed =>
        {
            DatasetOptions options = new()
            {
                Tokenizer = TokenizerNamed(parsed.GetValue(tokenizer)!),
                ValidationShare = parsed.GetValue(validation),
                TestShare = parsed.GetValue(test),
                Force = parsed.GetValue(force),
            };
            Prepare(parsed.GetValue(source)!, parsed.GetValue(folder)!, options, output);
            return ExitCode.Done;
        });
        return command;
    }

    private static CommandWithExamples CreateGet(CommandOutput output)
    {
        string names = string.Join(", ", KnownDataset.All.Select(known => known.Name));
        Argument<string> name = new("name") { Description = $"The data set: {names}." };
        Option<string?> folder = new("--out") { Description = "The folder that becomes the data set; data/NAME without it.", HelpName = "folder" };
        Option<string?> url = new("--url") { Description = "Download from here; it must be the very same file.", HelpName = "address" };
        Option<bool> force = CreateForce();
        CommandWithExamples command = new(
            "get",
            "Download a known text, check it and prepare it, one token per character, the last tenth for validation.",
            "gptsharp data get tinyshakespeare",
            "gptsharp data get tinyshakespeare --out /tmp/shakespeare")
        {
            name, folder, url, force,
        };
        command.SetAction(async (parsed, _) =>
        {
            KnownDataset known = Named(parsed.GetValue(name)!);
            Uri address = parsed.GetValue(url) is { } given ? Address(given) : known.Source;
            await GetAsync(known, address, parsed.GetValue(folder) ?? known.DefaultFolder, parsed.GetValue(force), output);
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<bool> CreateForce() => new("--force") { Description = "Replace a data set that is there already." };

    private static void Prepare(string source, string folder, DatasetOptions options, CommandOutput output)
    {
        if (!(options.ValidationShare > 0 && options.TestShare >= 0 && options.ValidationShare + options.TestShare < 1))
        {
            throw new ConfigurationException(string.Create(
                CultureInfo.InvariantCulture,
                $"--validation-share {options.ValidationShare} and --test-share {options.TestShare} cannot be: the first must be above 0, the second at least 0, and both together below 1."));
        }

        DatasetManifest made = DatasetBuilder.Build(TextCorpus.Open(source), folder, options);
        string split = made.Split == SplitKind.Documents ? "whole documents in each split" : "split by position";
        string files = made.Documents == 1 ? "1 file" : $"{Number(made.Documents)} files";
        output.Out.WriteLine($"{folder}: {Number(made.Characters)} characters from {files}, vocabulary {Number(made.VocabularySize)}, {split}");
        TextTable table = new("split", ">tokens");
        table.Add("train", Number(made.TrainTokens));
        table.Add("validation", Number(made.ValidationTokens));
        if (made.TestTokens > 0)
        {
            table.Add("test", Number(made.TestTokens));
        }

        table.Write(output.Out);
    }

    private static bool IsThere(KnownDataset known, string folder)
    {
        if (!File.Exists(Path.Combine(folder, "dataset.json")))
        {
            return false;
        }

        using Dataset dataset = Dataset.Open(folder);
        return dataset.Manifest.SourceSha256 == known.Sha256;
    }

    // A line per second, so that a short download is silent and a log of a long one stays readable.
    private static Action<DownloadProgress> Progress(TextWriter writer)
    {
        var sinceLine = Stopwatch.StartNew();
        return progress =>
        {
            if (sinceLine.Elapsed >= TimeSpan.FromSeconds(1))
            {
                string whole = progress.Total is { } total ? $" of {Number(total)}" : "";
                writer.WriteLine($"{Number(progress.Received)}{whole} bytes");
                sinceLine.Restart();
            }
        };
    }

    private static KnownDataset Named(string name)
    {
        IEnumerable<string> names = KnownDataset.All.Select(known => known.Name);
        string advice = NearestName.Find(name, names) is { } nearest
            ? $"did you mean '{nearest}'?"
            : $"known: {string.Join(", ", names)}. 'gptsharp data prepare' makes one from your own text.";
        return KnownDataset.Find(name) ?? throw new ConfigurationException($"there is no data set '{name}' to download; {advice}");
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? address
            : throw new ConfigurationException($"--url is '{text}', but must be an address that begins with http:// or https://.");

    private static TokenizerKind TokenizerNamed(string name) => name switch
    {
        "char" => TokenizerKind.Char,
        "byte" => TokenizerKind.Byte,
        _ => throw new ConfigurationException($"--tokenizer is '{name}', but must be char or byte."),
    };

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
