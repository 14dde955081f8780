using System.IO.Hashing;
using System.Text;
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
    /// <summary>The version of this layout; 1 had hashes of SHA-256, and neither a checksum nor the names of schemes.</summary>
    public const int CurrentFormat = 2;

    /// <summary>What hashes of files begin with: the name of the function.</summary>
    public const string HashName = "xxh128:";

    /// <summary>How random numbers come from a seed and a place in the run.</summary>
    public const string CurrentRandomScheme = "philox4x32-10 (seed, step, sequence, site) 1";

    /// <summary>How a batch's number becomes places in the data.</summary>
    public const string CurrentPositionScheme = "seeded permutation per epoch 1";

    /// <summary>File name within the checkpoint's folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>This version of GptSharp.</summary>
    public static string CurrentWriter { get; } = $"GptSharp {typeof(CheckpointManifest).Assembly.GetName().Version?.ToString(3)}";

    private const int FirstWithChecksum = 2;

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

    /// <summary>How the next random numbers follow from <see cref="Seed"/> and <see cref="Step"/>.</summary>
    public string RandomScheme { get; init; } = CurrentRandomScheme;

    /// <summary>How the next tokens follow from <see cref="Seed"/> and <see cref="NextBatch"/>.</summary>
    public string PositionScheme { get; init; } = CurrentPositionScheme;

    /// <summary>Hash of the tokens of the next batch, so that resuming can see whether the data still says the same; null where unknown.</summary>
    public string? NextBatchHash { get; init; }

    /// <summary>Hashes of the other files, by name.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Hash of this very text, with zeros in the place of the hash.</summary>
    public string Checksum { get; init; } = NoChecksum;

    private static string NoChecksum { get; } = HashName + new string('0', 32);

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
            string text = File.ReadAllText(path);
            RefuseLaterFormats(path, text);
            CheckpointManifest manifest = JsonSerializer.Deserialize<CheckpointManifest>(text, Json)!;
            return manifest.Format < FirstWithChecksum || ChecksumOf(text.Replace(manifest.Checksum, NoChecksum, StringComparison.Ordinal)) == manifest.Checksum
                ? manifest
                : throw new RefusedFileException(path, "it is damaged: its checksum is not that of its text.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new RefusedFileException(path, $"it is damaged ({exception.Message})", exception);
        }
    }

    /// <summary>Writes the manifest: the last file of a checkpoint.</summary>
    public void Save(string folder)
    {
        string text = JsonSerializer.Serialize(this with { Checksum = NoChecksum }, Json) + "\n";
        AtomicFile.WriteText(Path.Combine(folder, FileName), text.Replace(NoChecksum, ChecksumOf(text), StringComparison.Ordinal));
    }

    // A later layout may lack what this one requires, so its number is looked at first.
    private static void RefuseLaterFormats(string path, string text)
    {
        using JsonDocument json = JsonDocument.Parse(text);
        int format = json.RootElement.TryGetProperty("format", out JsonElement number) ? number.GetInt32() : throw new JsonException("it has no format");
        if (format is < 1 or > CurrentFormat)
        {
            string writer = json.RootElement.TryGetProperty("writer", out JsonElement name) ? $", written by {name}," : "";
            throw new RefusedFileException(
                path, $"it has format {format}{writer} and this version of GptSharp reads formats up to {CurrentFormat}; use a later version.");
        }
    }

    private static string ChecksumOf(string text) => HashName + Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(text)));
}
