namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Merges alone, for tokenizers whose pieces do not start as bytes (SentencePiece): the adjacent pair of the lowest rank merges first, the leftmost of equals,
/// until none is left. Takes time in proportion to n log n.
/// </summary>
public sealed class MergeTable
{
    /// <summary>A table of merges, lowest rank first. Of a pair that occurs twice the later one counts.</summary>
    public MergeTable(IReadOnlyList<BpeMerge> merges) => throw new NotImplementedException();

    /// <summary>Merges in place.</summary>
    /// <param name="ids">The tokens that a piece starts as.</param>
    /// <returns>How many are left, at the front.</returns>
    public int Merge(Span<int> ids) => throw new NotImplementedException();
}
