using System.Globalization;

namespace GptSharp.Cli.Bench;

/// <summary>What was measured of generation, beside the time of a token.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="NewTokens">Tokens that were generated after it.</param>
/// <param name="WeightBytes">Bytes of the weights that a token reads.</param>
/// <param name="TokensPerSecond">One over the time of a token.</param>
/// <param name="PromptMilliseconds">From the prompt to the first token, its choice included; the median.</param>
internal sealed record GenerationFigures(
    int PromptTokens, int NewTokens, double WeightBytes, double TokensPerSecond, double PromptMilliseconds)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{TokensPerSecond:0.0} tokens per second; the prompt of {PromptTokens} tokens took {PromptMilliseconds:0.0} ms.");
}
