using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Training.Guards;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Checkpoints;

/// <summary>What a checkpoint says about itself: everything that a run needs to go on, and a hash of every other file.</summary>
public sealed record CheckpointManifest
{
    /// <summary>The version of this layout.</summary>
    public const int CurrentFormat = 1;

    /// <summary>File name within the checkpoint's folder.</summary>
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Layout version of the checkpoint.</summary>
    public required int Format { get; init; }

    /// <summary>Version of GptSharp that wrote it.</summary>
    public required string Writer { get; init; }

    /// <summary>Steps done: the number of the next one.</summary>
    public required long Step { get; init; }

    /// <summary>Number of the next batch.</summary>
    public required long NextBatch { get; init; }

    /// <summary>Batches that were passed over: the number of the next one is the step's plus this.</summary>
    public long Skips { get; init; }

    /// <summary>What the watch for spikes of the loss remembers.</summary>
    public LossStatistics LossStatistics { get; init; }

    /// <summary>Whose moments the checkpoint holds.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>Updates that the optimizer's moments have seen.</summary>
    public required long Updates { get; init; }

    /// <summary>Seed of the run: with the step, all the state that the random numbers have.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Sequences per pass; another number changes the last bits.</summary>
    public required int MicroBatch { get; init; }

    /// <summary>What computed; another device or vector width changes the last bits: <see cref="GptSharp.Tensors.IBackend.Arithmetic"/>.</summary>
    public required string Device { get; init; }

    /// <summary>Seconds of training before this checkpoint.</summary>
    public required double Seconds { get; init; }

    /// <summary>The step after which the model was last evaluated; null before the first time.</summary>
    public required long? EvaluatedStep { get; init; }

    /// <summary>The lowest validation loss so far; null before the first evaluation.</summary>
    public required double? BestLoss { get; init; }

    /// <summary>The step that reached it.</summary>
    public required long? BestStep { get; init; }

    /// <summary>The model's sizes.</summary>
    public required GptConfig Model { get; init; }

    /// <summary>The tokenizer, as its file has it.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>What changes when the text that the run learns from does.</summary>
    public required string Data { get; init; }

    /// <summary>The run's configuration, as YAML.</summary>
    public required string Config { get; init; }

    /// <summary>SHA-256 of the other files, by name.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Reads the manifest of a checkpoint folder.</summary>
    /// <exception cref="RefusedFileException">It is missing, damaged or of a later version.</exception>
    public static CheckpointManifest Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new RefusedFileException(path, "it is missing, so this is no complete checkpoint.");
        }

        try
        {
            CheckpointManifest manifest = JsonSerializer.Deserialize<CheckpointManifest>(File.ReadAllText(path), Json)
                ?? throw new JsonException("it is empty");
            return manifest.Format == CurrentFormat
                ? manifest
                : throw new RefusedFileException(path, $"it has format {manifest.Format}; this version of GptSharp reads {CurrentFormat}.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new RefusedFileException(path, $"it is damaged ({exception.Message})", exception);
        }
    }

    /// <summary>Writes the manifest: the last file of a checkpoint.</summary>
    public void Save(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");
}
