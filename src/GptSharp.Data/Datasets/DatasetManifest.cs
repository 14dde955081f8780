using System.Text.Json;
using System.Text.Json.Serialization;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>What a data set says about itself: <c>dataset.json</c>.</summary>
public sealed record DatasetManifest
{
    /// <summary>The version of this layout. Version 1 had one file for each split and no index of them.</summary>
    public const int CurrentFormat = 2;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Layout version of the data set.</summary>
    public required int Format { get; init; }

    /// <summary>Name of the data set: that of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>The files and folders that it was made from, between commas.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of the source's files, one after the other.</summary>
    public required string SourceSha256 { get; init; }

    /// <summary>How text became tokens: a tokenizer's kind.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Tokens are 0 ... VocabularySize - 1.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Characters in all splits together.</summary>
    public required long Characters { get; init; }

    /// <summary>Text of the token before each document; null for none.</summary>
    public string? Separator { get; init; }

    /// <summary>That token; null for none.</summary>
    public int? SeparatorToken { get; init; }

    /// <summary>Documents in all splits together.</summary>
    public required long Documents { get; init; }

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

    /// <summary>The token files of each split, <c>train</c>, <c>validation</c> and <c>test</c>, in their order.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<DatasetShard>> Shards { get; init; } = new Dictionary<string, IReadOnlyList<DatasetShard>>();

    /// <summary>Tokens of a split.</summary>
    /// <param name="split"><c>train</c>, <c>validation</c> or <c>test</c>.</param>
    public long TokensOf(string split) => split == DatasetFolder.Splits[0] ? TrainTokens : split == DatasetFolder.Splits[1] ? ValidationTokens : TestTokens;

    /// <summary>The token files of a split; those of version 1 have no index.</summary>
    internal IReadOnlyList<DatasetShard> ShardsOf(string split) =>
        Format == 1 ? (TokensOf(split) == 0 ? [] : [new DatasetShard(DatasetFolder.OnlyShardName(split), TokensOf(split), 0, 0, "")])
        : Shards.GetValueOrDefault(split) ?? [];

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="RefusedFileException">It is damaged or of a later version.</exception>
    internal static DatasetManifest Load(string path)
    {
        try
        {
            DatasetManifest manifest = JsonSerializer.Deserialize<DatasetManifest>(File.ReadAllText(path), Json)
                ?? throw new JsonException("it is empty");
            return manifest.Format is 1 or CurrentFormat
                ? manifest
                : throw new RefusedFileException(path, $"it has format {manifest.Format}; this version of GptSharp reads 1 and {CurrentFormat}.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new RefusedFileException(path, $"it is damaged ({exception.Message})", exception);
        }
    }

    /// <summary>Writes the manifest: the last file of a data set.</summary>
    internal void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
