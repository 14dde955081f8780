using System.Text.Json;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Files;

namespace GptSharp.Data.Preparation;

/// <summary>How far a preparation has come: <c>progress.json</c>. Everything that it speaks of was on the disk before it was.</summary>
internal sealed record PreparationProgress
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Differs when corpus, options or this program's ways do.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How far the survey has come.</summary>
    public SurveyState Survey { get; init; } = new();

    /// <summary>What was decided after the survey; null before that.</summary>
    public Decision? Decision { get; init; }

    /// <summary>How far the tokens have come.</summary>
    public WriteState Write { get; init; } = new();

    /// <summary>Hash of the corpus, once it is known.</summary>
    public string? SourceSha256 { get; init; }

    /// <summary>Reads what an earlier attempt left; null if it is unreadable or belongs to something else.</summary>
    public static PreparationProgress? TryLoad(string path, string fingerprint)
    {
        try
        {
            PreparationProgress? found = File.Exists(path) ? JsonSerializer.Deserialize<PreparationProgress>(File.ReadAllText(path), Json) : null;
            return found?.Fingerprint == fingerprint ? found : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Saves it, whole or not at all.</summary>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json));
}

/// <summary>How far the survey has come.</summary>
internal sealed record SurveyState
{
    /// <summary>Where it goes on.</summary>
    public CorpusPosition Position { get; init; } = CorpusPosition.Start;

    /// <summary>Sections so far.</summary>
    public long Sections { get; init; }

    /// <summary>Documents so far.</summary>
    public long Documents { get; init; }

    /// <summary>Signatures so far.</summary>
    public long Signatures { get; init; }

    /// <summary>The characters that occur, if the vocabulary is made of them.</summary>
    public string Alphabet { get; init; } = "";

    /// <summary>Samples of what was dropped, by reason.</summary>
    public IReadOnlyList<IReadOnlyList<DroppedSample>> Samples { get; init; } = [];

    /// <summary>Whether the corpus was read to its end.</summary>
    public bool IsDone { get; init; }
}

/// <summary>How far the tokens have come.</summary>
internal sealed record WriteState
{
    /// <summary>Where it goes on.</summary>
    public CorpusPosition Position { get; init; } = CorpusPosition.Start;

    /// <summary>Sections so far.</summary>
    public long Sections { get; init; }

    /// <summary>Characters kept so far.</summary>
    public long Characters { get; init; }

    /// <summary>Documents of which something was kept so far.</summary>
    public long Documents { get; init; }

    /// <summary>Shards of each split.</summary>
    public IReadOnlyList<ShardProgress> Shards { get; init; } = [ShardProgress.None, ShardProgress.None, ShardProgress.None];

    /// <summary>Samples of copies that were dropped, by reason.</summary>
    public IReadOnlyList<IReadOnlyList<DroppedSample>> Samples { get; init; } = [];

    /// <summary>Whether all tokens are written.</summary>
    public bool IsDone { get; init; }
}
