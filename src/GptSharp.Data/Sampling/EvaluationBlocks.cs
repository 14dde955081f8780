using GptSharp.Data.Tokens;

namespace GptSharp.Data.Sampling;

/// <summary>
/// A split in fixed order for evaluation. Stream: blocks side by side, every token but the first scored once, the last block
/// padded with ignored targets. Document: the training blocks; a document that a block cuts off is scored there up to the cut and
/// again, from its start, in its own block only beyond what was scored, so that each target counts once.
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
        AllBlocks = blocks.Alignment == BlockAlignment.Document
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

    /// <summary>Where a block starts in the source.</summary>
    public long StartOf(long index)
    {
        long spread = Count == AllBlocks ? index : (long)((Int128)index * AllBlocks / Count);
        return _blocks.Alignment == BlockAlignment.Document ? _blocks.StartOf(spread, 0) : spread * BlockLength;
    }

    /// <summary>Reads one block; targets that another block scores are ignored.</summary>
    public void Read(long index, Span<int> tokens, Span<int> targets)
    {
        long start = StartOf(index);
        _blocks.Read(start, tokens, targets);
        if (_blocks.Alignment == BlockAlignment.Document && index > 0)
        {
            // The previous block's last target is the token at its start + T.
            long scoredUpTo = StartOf(index - 1) + BlockLength;
            int repeated = (int)Math.Clamp(scoredUpTo - start, 0, BlockLength);
            targets[..repeated].Fill(BlockSet.IgnoredTarget);
        }
    }
}
