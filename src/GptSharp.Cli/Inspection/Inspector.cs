using System.Globalization;
using System.Text.Json.Nodes;
using GptSharp.Data.Datasets;
using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Inspection;

/// <summary>Finds out what a file or folder is, and looks into it without running anything of it.</summary>
internal static class Inspector
{
    /// <summary>Opens whatever stands at a path.</summary>
    /// <param name="path">A safetensors, GGUF, ONNX or token file, the folder of a checkpoint, a run, a model or a data set, or one of token files.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <exception cref="RefusedFileException">It is damaged, a pickle, or of no kind that is known here.</exception>
    public static Inspected Open(string path, Action<string> notice)
    {
        if (File.Exists(path))
        {
            return TokenFileTensor.IsOne(path) ? OpenTokens(path) : TokenFileTensor.IsForeign(path) ? OpenForeignTokens(path) : OpenTensors(path);
        }

        if (!Directory.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file or folder.");
        }

        return ModelSource.IsRun(path) ? OpenCheckpoint(path, notice)
            : Dataset.IsIn(path) ? TokenFolder.OpenDataset(path)
            : IsForeignTokens(path) ? TokenFolder.OpenForeign(path)
            : Graph(path) is { } graph ? OpenGraph(path, graph) : OpenModel(path);
    }

    private static Inspected OpenTensors(string path)
    {
        ITensorFile file = TensorFiles.Open(path);
        return new Inspected(file.Format, file.Metadata, [file], []);
    }

    private static Inspected OpenTokens(string path)
    {
        var file = TokenFileTensor.Open(path, "tokens");
        long documents = (long)file.Metadata["documents"]!;
        return new Inspected(file.Format, file.Metadata, [file],
        [
            ("tokens", Number(file.Count)),
            ("vocabulary", Number((int)file.Metadata["vocabulary"]!)),
            ("documents", documents == 0 ? "not told apart" : Number(documents)),
        ]);
    }

    private static Inspected OpenForeignTokens(string path)
    {
        var file = TokenFileTensor.OpenForeign(path, "tokens");
        return new Inspected(file.Format, file.Metadata, [file], [("tokens", Number(file.Count)), ("tokenizer", "such files do not tell it")]);
    }

    // A model's folder may hold pickles that end so, too.
    private static bool IsForeignTokens(string folder) =>
        DatasetImport.IsForeign(folder) && !File.Exists(Path.Combine(folder, ModelFolder.ConfigFile)) && Graph(folder) is null;

    private static Inspected OpenCheckpoint(string path, Action<string> notice)
    {
        string folder = File.Exists(Path.Combine(path, CheckpointManifest.FileName)) ? path : new CheckpointStore(path).FindBest(notice).Folder;
        CheckpointManifest manifest = Checkpoint.Verify(folder);
        JsonObject metadata = JsonFile.Read(Path.Combine(folder, CheckpointManifest.FileName));
        List<ITensorFile> files = [];
        try
        {
            foreach (string name in manifest.Files.Keys.Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal)))
            {
                files.Add(TensorFiles.Open(Path.Combine(folder, name)));
            }
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }

        return new Inspected("checkpoint", metadata, files,
        [
            ("checkpoint", folder),
            ("step", Number(manifest.Step)),
            ("written by", manifest.Writer),
            ("parameters", Number(new ParameterReport(manifest.Model).Total)),
        ]);
    }

    // The graph of a folder that has no weights but those in it.
    private static string? Graph(string folder)
    {
        string graphs = Path.Combine(folder, "onnx");
        bool hasWeights = File.Exists(Path.Combine(folder, ModelFolder.WeightsFile)) || File.Exists(Path.Combine(folder, ModelFolder.IndexFile));
        return hasWeights || !Directory.Exists(graphs) ? null : Directory.GetFiles(graphs, "*.onnx").Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private static Inspected OpenGraph(string folder, string graph)
    {
        Inspected found = OpenTensors(graph);
        string config = Path.Combine(folder, ModelFolder.ConfigFile);
        if (File.Exists(config))
        {
            found.Metadata["config"] = JsonFile.Read(config);
        }

        return found;
    }

    private static Inspected OpenModel(string folder)
    {
        string config = Path.Combine(folder, ModelFolder.ConfigFile);
        if (!File.Exists(config))
        {
            throw new RefusedFileException(
                folder, "it is no folder of a model, a run or a checkpoint, and no data set: it has no config.json, manifest.json, checkpoints, dataset.json or token files.");
        }

        WeightFiles weights = WeightFiles.Open(folder);
        try
        {
            JsonObject metadata = new()
            {
                ["config"] = JsonFile.Read(config),
                ["safetensors"] = weights.Metadata,
                ["files"] = new JsonArray([.. weights.Paths.Select(path => JsonValue.Create(Path.GetFileName(path)))]),
            };
            List<(string, string)> facts = [];
            RefusedFileException? problem = null;
            try
            {
                HuggingFaceFacts.Add(folder, ModelFolder.Check(folder, weights), metadata, facts);
            }
            catch (RefusedFileException exception)
            {
                problem = exception;
            }

            return new Inspected(weights.Format, metadata, [weights], facts, problem);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
