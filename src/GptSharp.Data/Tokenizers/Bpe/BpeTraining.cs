namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>What training made: the vocabulary in the order of its ids and the merges in the order of their ranks.</summary>
/// <param name="SpecialTokens">The special tokens, ids 0, 1, ...</param>
/// <param name="Tokens">The bytes of each token; null for special tokens.</param>
/// <param name="Merges">The merges, lowest rank first.</param>
public sealed record BpeTraining(IReadOnlyList<string> SpecialTokens, IReadOnlyList<byte[]?> Tokens, IReadOnlyList<BpeMerge> Merges)
{
    /// <summary>The model that encodes with this vocabulary.</summary>
    public BpeModel ToModel(SplitPattern pattern) => BpeModel.FromMerges(Tokens, Merges, pattern);
}
