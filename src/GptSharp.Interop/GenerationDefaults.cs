namespace GptSharp.Interop;

/// <summary>What programs that generate with a model should know, beside its weights; null or empty where nothing is said.</summary>
/// <param name="BeginToken">The token that begins a text (bos).</param>
/// <param name="EndTokens">Tokens that end a text (eos); the first is the usual one.</param>
/// <param name="PaddingToken">The token that fills short sequences of a batch (pad).</param>
public sealed record GenerationDefaults(int? BeginToken, IReadOnlyList<int> EndTokens, int? PaddingToken)
{
    /// <summary>Nothing said.</summary>
    public static GenerationDefaults None { get; } = new(null, [], null);
}
