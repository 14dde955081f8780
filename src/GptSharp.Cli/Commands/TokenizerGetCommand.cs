using System.CommandLine;
using GptSharp.Data.Downloads;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer get</c>: downloads a known tokenizer.</summary>
internal static class TokenizerGetCommand
{
    public static Command Create(CommandOutput output)
    {
        string names = string.Join(", ", KnownTokenizer.All.Select(known => known.Name));
        Argument<string> name = new("name") { Description = $"The tokenizer: {names}." };
        Option<string?> folder = new("--out") { Description = "The folder for its files; tokenizers/NAME without it.", HelpName = "folder" };
        Option<string?> url = new("--url") { Description = "Download from this folder; the files must be the very same.", HelpName = "address" };
        CommandWithExamples command = new(
            "get",
            "Download a known tokenizer and check it; a download that broke off goes on where it stopped.",
            "gptsharp tokenizer get gpt2",
            "gptsharp tokenizer get cl100k_base --out /tmp/cl100k")
        {
            name, folder, url,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            KnownTokenizer known = Named(parsed.GetValue(name)!);
            Uri source = parsed.GetValue(url) is { } given ? Address(given) : known.Source;
            await GetAsync(known, source, parsed.GetValue(folder) ?? known.DefaultFolder, output, cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Downloads the files that are not there yet.</summary>
    internal static async Task GetAsync(KnownTokenizer known, Uri source, string folder, CommandOutput output, CancellationToken cancellation)
    {
        using HttpClient client = new();
        foreach ((string name, string sha256) in known.Files)
        {
            string path = Path.Combine(folder, name);
            bool isThere = File.Exists(path);
            Uri address = new(source, name);
            if (!isThere)
            {
                output.Error.WriteLine($"Downloading {address}");
            }

            await new Download(client, address, path, sha256).RunAsync(cancellation: cancellation);
            output.Out.WriteLine(isThere ? $"{path} is there already, and sound" : path);
        }
    }

    private static KnownTokenizer Named(string name)
    {
        IEnumerable<string> names = KnownTokenizer.All.Select(known => known.Name);
        string advice = NearestName.Find(name, names) is { } nearest ? $"did you mean '{nearest}'?" : $"known: {string.Join(", ", names)}.";
        return KnownTokenizer.Find(name) ?? throw new ConfigurationException($"there is no tokenizer '{name}' to download; {advice}");
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? address
            : throw new ConfigurationException($"--url is '{text}', but must be an address that begins with http:// or https://.");
}
