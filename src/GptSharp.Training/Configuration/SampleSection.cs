namespace GptSharp.Training.Configuration;

/// <summary>The <c>sample:</c> section: the texts that a run writes while it learns, and at its end.</summary>
public sealed record SampleSection
{
    /// <summary>Updates between samples; 0 samples at the end only.</summary>
    public long Every { get; init; } = 500;

    /// <summary>Texts per time.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Tokens per text at most.</summary>
    public int Length { get; init; } = 300;

    /// <summary>Text to continue; empty to start from the data set's own beginning-of-document.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Logits are divided by it; 0 takes the likeliest token always.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the so many likeliest tokens are drawn from; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the likeliest tokens that together have this probability are drawn from; 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Stories that are written and judged at the end of a run on the built-in corpus; 0 for none.</summary>
    public int Judged { get; init; } = 200;

    /// <summary>Seed of the draws.</summary>
    public ulong Seed { get; init; } = 1;
}
