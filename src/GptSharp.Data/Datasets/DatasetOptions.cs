using GptSharp.Data.Filters;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Datasets;

/// <summary>How a text becomes a data set.</summary>
public sealed record DatasetOptions
{
    /// <summary>How text becomes tokens; null for a token for each character that occurs in the text.</summary>
    public ITokenizer? Tokenizer { get; init; }

    /// <summary>Share of the characters kept for validation, above 0.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Share of the characters kept for a final test, 0 or more; with validation's below 1.</summary>
    public double TestShare { get; init; }

    /// <summary>Text of the token that is put before each document; null for none. A corpus that is one text has none.</summary>
    public string? Separator { get; init; }

    /// <summary>The field of a line of JSON that holds the text.</summary>
    public string TextField { get; init; } = "text";

    /// <summary>What a document must pass, in this order.</summary>
    public IReadOnlyList<DocumentFilter> Filters { get; init; } = [];

    /// <summary>Whether of documents with the same text only the first is kept.</summary>
    public bool DropDuplicates { get; init; }

    /// <summary>The estimated Jaccard similarity from which a document is dropped as nearly a copy of an earlier one; null to keep them.</summary>
    public double? NearDuplicateThreshold { get; init; }

    /// <summary>Whether documents that cannot be read are dropped and reported, rather than refused.</summary>
    public bool DropUnreadable { get; init; }

    /// <summary>Tokens at which a shard is full; the document that fills it is whole.</summary>
    public long ShardTokens { get; init; } = 100_000_000;

    /// <summary>Threads; no bit of the result depends on their number.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How often progress is saved, for an attempt that is killed to go on from.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a data set that is already there is replaced.</summary>
    public bool Force { get; init; }
}
