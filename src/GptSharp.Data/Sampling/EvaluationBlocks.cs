using GptSharp.Data.Tokens;

namespace GptSharp.Data.Sampling;

/// <summary>
/// A split in fixed order for evaluation, in which each target counts once. Stream: blocks side by side, every token but the first
/// scored, the last block padded with ignored targets. Document and pack: the training blocks.
/// </summary>
public sealed class EvaluationBlocks
{
    private readonly BlockSet _blocks;

    /// <summary>Walks the blocks of a split.</summary>
    /// <param name="blocks">The split.</param>
    /// <param name="limit">Evaluate only this many blocks, evenly spread; null for all.</param>
    public EvaluationBlocks(BlockSet blocks, long? limit = null)
    {
        _blocks = blocks;
        AllBlocks = blocks.Alignment != BlockAlignment.Stream
            ? blocks.Count
            : (blocks.Source.Count - 2 + blocks.BlockLength) / blocks.BlockLength;
        Count = Math.Min(AllBlocks, limit ?? long.MaxValue);
    }

    /// <summary>Blocks that are evaluated.</summary>
    public long Count { get; }

    /// <summary>The split.</summary>
    public ITokenSource Source => _blocks.Source;

    /// <summary>T.</summary>
    public int BlockLength => _blocks.BlockLength;

    private long AllBlocks { get; }

    /// <summary>Where a block starts in the source; when packed, its number.</summary>
    public long StartOf(long index)
    {
        long place = PlaceOf(index);
        return _blocks.Alignment != BlockAlignment.Stream ? _blocks.StartOf(place, 0) : place * BlockLength;
    }

    /// <summary>Reads one block.</summary>
    public void Read(long index, Span<int> tokens, Span<int> targets) => _blocks.Read(StartOf(index), tokens, targets);

    /// <summary>Where the targets of a block stand in the source; for those that are not scored it means nothing.</summary>
    public void ReadPlaces(long index, Span<long> places) => _blocks.ReadPlaces(StartOf(index), places);

    private long PlaceOf(long index) => Count == AllBlocks ? index : (long)((Int128)index * AllBlocks / Count);
}
