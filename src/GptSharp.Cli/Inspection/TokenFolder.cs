using System.Globalization;
using System.Text.Json.Nodes;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;

namespace GptSharp.Cli.Inspection;

/// <summary>Looks into folders of token files: data sets, and what nanoGPT and llm.c train on. Each file is a tensor of its name.</summary>
internal static class TokenFolder
{
    /// <summary>Opens a data set.</summary>
    public static Inspected OpenDataset(string folder)
    {
        using Dataset dataset = Dataset.Open(folder);
        DatasetManifest manifest = dataset.Manifest;
        ITokenizer tokenizer = dataset.Tokenizer;
        string[] names = [.. manifest.Shards.Values.SelectMany(shards => shards.Select(shard => shard.File))];
        if (names.Length == 0)
        {
            // The first version of data sets has no index.
            names = [.. Directory.EnumerateFiles(folder, "*.tokens").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }

        return new Inspected(
            "dataset",
            JsonFile.Read(Path.Combine(folder, "dataset.json")),
            OpenAll(names.Select(name => Path.Combine(folder, name)), TokenFileTensor.Open),
            [
                ("tokenizer", $"{tokenizer.Kind}, {Number(tokenizer.VocabularySize)} tokens"),
                ("train", $"{Number(manifest.TrainTokens)} tokens"),
                ("validation", $"{Number(manifest.ValidationTokens)} tokens"),
                ("test", $"{Number(manifest.TestTokens)} tokens"),
                ("documents", Number(manifest.Documents)),
            ]);
    }

    /// <summary>Opens a folder whose .bin files are another program's tokens.</summary>
    /// <exception cref="RefusedFileException">One is damaged, or a pickle.</exception>
    public static Inspected OpenForeign(string folder)
    {
        List<TokenFileTensor> files = OpenAll(Directory.EnumerateFiles(folder, "*.bin").Order(StringComparer.Ordinal), (path, name) =>
            PickleFile.IsOne(path) ? throw PickleFile.Refusal(path) : TokenFileTensor.OpenForeign(path, name));
        bool hasPickle = File.Exists(Path.Combine(folder, "meta.pkl"));
        return new Inspected(
            files[0].Format,
            new JsonObject { ["files"] = files.Count, ["tokens"] = files.Sum(file => file.Count), ["tokenizer"] = null },
            files,
            [
                ("tokens", Number(files.Sum(file => file.Count))),
                ("tokenizer", hasPickle ? "in meta.pkl, a pickle, which is not read" : "such files do not tell it"),
            ]);
    }

    private static List<TokenFileTensor> OpenAll(IEnumerable<string> paths, Func<string, string, TokenFileTensor> open)
    {
        List<TokenFileTensor> files = [];
        try
        {
            foreach (string path in paths)
            {
                files.Add(open(path, Path.GetFileName(path)));
            }

            return files;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
