namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>A pair that waits to be merged.</summary>
/// <param name="Count">How often it occurred when it was queued.</param>
/// <param name="Left">The first token.</param>
/// <param name="Right">The token behind it.</param>
/// <param name="Start">Where the list of its places starts.</param>
/// <param name="Length">How many places it has.</param>
internal readonly record struct PairOccurrences(long Count, int Left, int Right, int Start, int Length) : IComparable<PairOccurrences>
{
    /// <summary>The highest count comes first, then the smaller token on the left, then on the right.</summary>
    public int CompareTo(PairOccurrences other)
    {
        int order = other.Count.CompareTo(Count);
        order = order != 0 ? order : Left.CompareTo(other.Left);
        return order != 0 ? order : Right.CompareTo(other.Right);
    }
}
