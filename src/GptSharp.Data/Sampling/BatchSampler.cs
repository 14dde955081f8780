namespace GptSharp.Data.Sampling;

/// <summary>
/// Which blocks make up a batch: a function of the seed and the batch's number, and of nothing else, so that a resumed run sees
/// what it would have seen. Every epoch visits each block once, in an order of its own.
/// </summary>
public sealed class BatchSampler
{
    private readonly BlockSet _blocks;
    private readonly ulong _seed;

    /// <summary>Samples blocks.</summary>
    /// <param name="blocks">The blocks of the training split.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="batchSize">Blocks per batch.</param>
    public BatchSampler(BlockSet blocks, ulong seed, int batchSize)
    {
        _blocks = blocks;
        _seed = seed;
        BatchSize = batchSize;
    }

    /// <summary>Blocks per batch.</summary>
    public int BatchSize { get; }

    /// <summary>T.</summary>
    public int BlockLength => _blocks.BlockLength;

    /// <summary>Blocks per epoch.</summary>
    public long BlocksPerEpoch => _blocks.Count;

    /// <summary>Where a sample of a batch starts in the source.</summary>
    /// <param name="batch">Number of the batch, from 0.</param>
    /// <param name="sample">0 ... BatchSize - 1.</param>
    public long StartOf(long batch, int sample)
    {
        (long epoch, long place) = Math.DivRem((batch * BatchSize) + sample, _blocks.Count);
        ulong key = Mixing.Mix(_seed, (ulong)epoch);
        int shift = (int)(Mixing.Mix(key, 1) % (ulong)BlockLength);
        return _blocks.StartOf(new Permutation(_blocks.Count, key)[place], shift);
    }

    /// <summary>Reads a whole batch.</summary>
    /// <param name="batch">Number of the batch, from 0.</param>
    /// <param name="tokens">(BatchSize, T).</param>
    /// <param name="targets">(BatchSize, T); <see cref="BlockSet.IgnoredTarget"/> is not scored.</param>
    public void Read(long batch, Span<int> tokens, Span<int> targets)
    {
        for (int sample = 0; sample < BatchSize; sample++)
        {
            int first = sample * BlockLength;
            _blocks.Read(StartOf(batch, sample), tokens.Slice(first, BlockLength), targets.Slice(first, BlockLength));
        }
    }
}
