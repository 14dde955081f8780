using System.Globalization;
using System.Text.Json.Nodes;
using GptSharp.Data.Tokens;
using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Cli.Inspection;

/// <summary>Finds out what a file or folder is, and looks into it without running anything of it.</summary>
internal static class Inspector
{
    /// <summary>Opens whatever stands at a path.</summary>
    /// <param name="path">A safetensors, GGUF, ONNX or token file, a checkpoint's or a run's folder, or a model's.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <exception cref="RefusedFileException">It is damaged, a pickle, or of no kind that is known here.</exception>
    public static Inspected Open(string path, Action<string> notice)
    {
        if (File.Exists(path))
        {
            return TokenFileTensor.IsOne(path) ? OpenTokens(path) : OpenTensors(path);
        }

        if (!Directory.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file or folder.");
        }

        return ModelSource.IsRun(path) ? OpenCheckpoint(path, notice) : Graph(path) is { } graph ? OpenGraph(path, graph) : OpenModel(path);
    }

    private static Inspected OpenTensors(string path)
    {
        ITensorFile file = TensorFiles.Open(path);
        return new Inspected(file.Format, file.Metadata, [file], []);
    }

    private static Inspected OpenTokens(string path)
    {
        TokenFile tokens = TokenFile.Open(path);
        var file = new TokenFileTensor(tokens);
        return new Inspected(file.Format, file.Metadata, [file],
        [
            ("tokens", Number(tokens.Count)),
            ("vocabulary", Number(tokens.VocabularySize)),
            ("documents", tokens.DocumentStarts.Count == 0 ? "not told apart" : Number(tokens.DocumentStarts.Count)),
        ]);
    }

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
                folder, "it is no folder of a model, a run or a checkpoint: it has no config.json, no manifest.json and no checkpoints.");
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
