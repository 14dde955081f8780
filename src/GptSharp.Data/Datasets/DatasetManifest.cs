using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>What a data set says about itself: <c>dataset.json</c>.</summary>
public sealed record DatasetManifest
{
    /// <summary>The version of this layout.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Layout version of the data set.</summary>
    public required int Format { get; init; }

    /// <summary>Name of the data set: that of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>The text file or folder that it was made from.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of the source's files, one after the other.</summary>
    public required string SourceSha256 { get; init; }

    /// <summary>How text became tokens.</summary>
    public required TokenizerKind Tokenizer { get; init; }

    /// <summary>Tokens are 0 ... VocabularySize - 1.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Characters in all splits together.</summary>
    public required long Characters { get; init; }

    /// <summary>Source files in all splits together.</summary>
    public required int Documents { get; init; }

    /// <summary>How the text was divided.</summary>
    public required SplitKind Split { get; init; }

    /// <summary>The share of validation that was asked for.</summary>
    public required double ValidationShare { get; init; }

    /// <summary>The share of the test that was asked for.</summary>
    public required double TestShare { get; init; }

    /// <summary>Tokens to train on.</summary>
    public required long TrainTokens { get; init; }

    /// <summary>Tokens to validate on.</summary>
    public required long ValidationTokens { get; init; }

    /// <summary>Tokens of the final test; without a share for it 0, and there is no file.</summary>
    public required long TestTokens { get; init; }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="RefusedFileException">It is damaged or of a later version.</exception>
    internal static DatasetManifest Load(string path)
    {
        try
        {
            DatasetManifest manifest = JsonSerializer.Deserialize<DatasetManifest>(File.ReadAllText(path), Json)
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

    /// <summary>Writes the manifest: the last file of a data set.</summary>
    internal void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
