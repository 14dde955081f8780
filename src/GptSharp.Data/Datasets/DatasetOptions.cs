using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Datasets;

/// <summary>How a text becomes a data set.</summary>
public sealed record DatasetOptions
{
    /// <summary>How text becomes tokens.</summary>
    public TokenizerKind Tokenizer { get; init; } = TokenizerKind.Char;

    /// <summary>Share of the characters kept for validation, above 0.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Share of the characters kept for a final test, 0 or more; with validation's below 1.</summary>
    public double TestShare { get; init; }

    /// <summary>Whether a data set that is already there is replaced.</summary>
    public bool Force { get; init; }
}
