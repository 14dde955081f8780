namespace GptSharp.Data.Sampling;

/// <summary>
/// Which blocks make up a batch: a function of the seed and the batch's number, and of nothing else, so that a resumed run sees
/// what it would have seen. Every epoch visits each block once, in an order of its own; of a mixture, each block as often as its source's
/// epochs say, and where those are no whole number, the next epoch goes on where this one stopped.
/// </summary>
public sealed class BatchSampler
{
    private readonly IReadOnlyList<BlockSet> _sources;
    private readonly Mixture? _mixture;
    private readonly ulong _seed;

    /// <summary>Samples blocks of one source.</summary>
    /// <param name="blocks">The blocks of the training split.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="batchSize">Blocks per batch.</param>
    public BatchSampler(BlockSet blocks, ulong seed, int batchSize)
        : this([blocks], null, seed, batchSize)
    {
    }

    /// <summary>Samples blocks of several sources.</summary>
    /// <param name="mixture">The sources.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="batchSize">Blocks per batch.</param>
    public BatchSampler(Mixture mixture, ulong seed, int batchSize)
        : this([.. mixture.Parts.Select(part => part.Blocks)], mixture, seed, batchSize)
    {
    }

    private BatchSampler(IReadOnlyList<BlockSet> sources, Mixture? mixture, ulong seed, int batchSize)
    {
        (_sources, _mixture, _seed, BatchSize) = (sources, mixture, seed, batchSize);
        BlocksPerEpoch = mixture?.BlocksPerEpoch ?? sources[0].Count;
    }

    /// <summary>Blocks per batch.</summary>
    public int BatchSize { get; }

    /// <summary>T.</summary>
    public int BlockLength => _sources[0].BlockLength;

    /// <summary>Blocks per epoch.</summary>
    public long BlocksPerEpoch { get; }

    /// <summary>Where a sample of a batch starts in its source.</summary>
    /// <param name="batch">Number of the batch, from 0.</param>
    /// <param name="sample">0 ... BatchSize - 1.</param>
    public long StartOf(long batch, int sample) => PlaceOf(batch, sample).Start;

    /// <summary>Which source of a mixture a sample is from, and where it starts there.</summary>
    /// <param name="batch">Number of the batch, from 0.</param>
    /// <param name="sample">0 ... BatchSize - 1.</param>
    public (int Source, long Start) PlaceOf(long batch, int sample)
    {
        (long epoch, long place) = Math.DivRem((batch * BatchSize) + sample, BlocksPerEpoch);
        if (_mixture is null)
        {
            return (0, StartOf(_sources[0], Mixing.Mix(_seed, (ulong)epoch), place));
        }

        // The order of an epoch says whose turn it is; a source has passes and an order of its own, whatever stands beside it.
        long visit = new Permutation(BlocksPerEpoch, Mixing.Mix(~_seed, (ulong)epoch))[place];
        (int part, long ofPart) = _mixture.Find(visit);
        (long pass, long index) = Math.DivRem((epoch * _mixture.Parts[part].Visits) + ofPart, _sources[part].Count);
        ulong key = Mixing.Mix(Mixing.Mix(_seed, (ulong)part), (ulong)pass);
        return (part, StartOf(_sources[part], key, index));
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
            (int source, long start) = PlaceOf(batch, sample);
            _sources[source].Read(start, tokens.Slice(first, BlockLength), targets.Slice(first, BlockLength));
        }
    }

    private static long StartOf(BlockSet blocks, ulong key, long place)
    {
        int shift = (int)(Mixing.Mix(key, 1) % (ulong)blocks.BlockLength);
        return blocks.StartOf(new Permutation(blocks.Count, key)[place], shift);
    }
}
