namespace GptSharp.Data.Sampling;

/// <summary>Several sources that are learnt from together: which, and how often an epoch of the mixture visits the blocks of each.</summary>
public sealed class Mixture
{
    private readonly long[] _ends;

    private Mixture(IReadOnlyList<MixturePart> parts)
    {
        Parts = parts;
        _ends = new long[parts.Count];
        for (int part = 0; part < parts.Count; part++)
        {
            BlocksPerEpoch = checked(BlocksPerEpoch + parts[part].Visits);
            _ends[part] = BlocksPerEpoch;
        }
    }

    /// <summary>The sources.</summary>
    public IReadOnlyList<MixturePart> Parts { get; }

    /// <summary>Blocks that an epoch visits.</summary>
    public long BlocksPerEpoch { get; }

    /// <summary>A mixture in which each source is gone through so many times per epoch.</summary>
    /// <param name="sources">The blocks of each, all of one length, and its epochs, above 0: 2 visits each block twice, 0.5 every other.</param>
    /// <exception cref="CorpusException">A source's blocks come to none.</exception>
    public static Mixture ByEpochs(IReadOnlyList<(BlockSet Blocks, double Epochs)> sources) =>
        new([.. sources.Select(source => Part(source.Blocks, source.Epochs * source.Blocks.Count))]);

    /// <summary>A mixture in which each source has a share of the blocks; an epoch visits as many blocks as all sources have.</summary>
    /// <param name="sources">The blocks of each, all of one length, and its weight, above 0.</param>
    /// <exception cref="CorpusException">A source's blocks come to none.</exception>
    public static Mixture ByWeights(IReadOnlyList<(BlockSet Blocks, double Weight)> sources)
    {
        double blocks = sources.Sum(source => (double)source.Blocks.Count);
        double weights = sources.Sum(source => source.Weight);
        return new([.. sources.Select(source => Part(source.Blocks, blocks * source.Weight / weights))]);
    }

    /// <summary>Which source a visit of an epoch belongs to, and which of that source's visits in the epoch it is.</summary>
    internal (int Part, long Visit) Find(long visit)
    {
        int part = Array.BinarySearch(_ends, visit + 1);
        part = part < 0 ? ~part : part;
        return (part, part == 0 ? visit : visit - _ends[part - 1]);
    }

    private static MixturePart Part(BlockSet blocks, double visits)
    {
        long whole = (long)Math.Round(visits, MidpointRounding.AwayFromZero);
        return whole >= 1
            ? new MixturePart(blocks, whole)
            : throw new CorpusException(
                FormattableString.Invariant($"A source of the mixture has {blocks.Count} blocks, of which an epoch would visit {visits:0.###}; give it a larger weight, or more text."));
    }
}

/// <summary>A source of a mixture.</summary>
/// <param name="Blocks">Its blocks.</param>
/// <param name="Visits">Blocks of it that an epoch of the mixture visits.</param>
public sealed record MixturePart(BlockSet Blocks, long Visits)
{
    /// <summary>How often an epoch of the mixture goes through it.</summary>
    public double Epochs => Visits / (double)Blocks.Count;
}
