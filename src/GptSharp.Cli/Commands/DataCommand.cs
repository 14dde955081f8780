using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Downloads;
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
        DataPrepareCommand.Create(output),
        CreateGet(output),
        DataExchangeCommands.CreateImport(output),
        DataExchangeCommands.CreateExport(output),
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

        DataPrepareCommand.Run(TextCorpus.Open(text), folder, new DatasetOptions { Force = force }, output, CancellationToken.None);
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

    internal static Option<bool> CreateForce() => new("--force") { Description = "Replace a data set that is there already." };

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

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
