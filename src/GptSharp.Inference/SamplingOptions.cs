using System.Globalization;
using GptSharp.Nn;

namespace GptSharp.Inference;

/// <summary>How tokens are chosen, and how many.</summary>
public sealed record SamplingOptions
{
    /// <summary>Scores are divided by it: below 1 is safer, above 1 wilder; 0 always takes the likeliest token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draws from the so many likeliest tokens only; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>
    /// Draws from the smallest set of likeliest tokens that together have this probability (Holtzman et al. 2020, "The curious
    /// case of neural text degeneration"); 1 for all.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed of the draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>New tokens per sequence at most.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>The token that ends a sequence; null for none.</summary>
    public int? StopToken { get; init; }

    /// <summary>Further tokens that end a sequence: some models have several.</summary>
    public IReadOnlyList<int> MoreStopTokens { get; init; } = [];

    /// <summary>Keeps the keys and values of past positions. Without it every token runs its whole window again; the tokens are the same.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Number of the first sequence: with the seed, it selects the random numbers, so that parts of a batch can be drawn apart.</summary>
    public int FirstSequence { get; init; }

    /// <summary>Checks the values.</summary>
    /// <returns>These options, for chaining.</returns>
    /// <exception cref="ConfigurationException">A value is out of range; the sentence names it.</exception>
    public SamplingOptions Validate()
    {
        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
        {
            throw new ConfigurationException(
                $"temperature ({Text(Temperature)}) is not a number from 0 up; 1 draws as the model says, 0 takes the likeliest token.",
                "sample.temperature");
        }

        if (TopK < 1)
        {
            throw new ConfigurationException(
                $"top_k ({Text(TopK.Value)}) is not a positive whole number; leave it out to draw from all tokens.", "sample.top_k");
        }

        if (!(TopP > 0 && TopP <= 1))
        {
            throw new ConfigurationException(
                $"top_p ({Text(TopP)}) is not a probability above 0 and at most 1; 1 draws from all tokens.", "sample.top_p");
        }

        if (MaxTokens < 1)
        {
            throw new ConfigurationException(
                $"The number of new tokens ({Text(MaxTokens)}) is not a positive whole number; use 1 or more.", "sample.length");
        }

        return this;
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
