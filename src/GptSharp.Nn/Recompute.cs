using System.Globalization;

namespace GptSharp.Nn;

/// <summary>
/// What backward computes again instead of keeping ("gradient checkpointing"; Chen et al. 2016, arXiv:1604.06174). It costs time, saves
/// memory, and changes no bit.
/// </summary>
public readonly record struct Recompute
{
    private Recompute(RecomputeUnit unit, int blocks)
    {
        Unit = unit;
        Blocks = blocks;
    }

    /// <summary>Everything is kept: fastest.</summary>
    public static Recompute None => default;

    /// <summary>
    /// Each block computes its attention half again: little time for what grows with the sequence (Korthikanti et al. 2022,
    /// arXiv:2205.05198).
    /// </summary>
    public static Recompute Attention => new(RecomputeUnit.Attention, 0);

    /// <summary>Each block keeps its input only: about a third more arithmetic.</summary>
    public static Recompute Block => new(RecomputeUnit.Blocks, 1);

    /// <summary>What is computed again.</summary>
    public RecomputeUnit Unit { get; }

    /// <summary>Blocks of which only the first one's input is kept; 0 where every block's is.</summary>
    public int Blocks { get; }

    /// <summary>Of every <paramref name="blocks"/> blocks only the first one's input is kept; backward holds that many blocks' activations at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one block.</exception>
    public static Recompute Every(int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blocks, 1);
        return new(RecomputeUnit.Blocks, blocks);
    }

    /// <summary>As a configuration writes it: <c>none</c>, <c>attention</c>, <c>block</c>, <c>every: 2</c>.</summary>
    public override string ToString() => Unit switch
    {
        RecomputeUnit.None => "none",
        RecomputeUnit.Attention => "attention",
        _ => Blocks == 1 ? "block" : string.Create(CultureInfo.InvariantCulture, $"every: {Blocks}"),
    };
}

/// <summary>The pieces in which <see cref="Recompute"/> works.</summary>
public enum RecomputeUnit
{
    /// <summary>None.</summary>
    None,

    /// <summary>The attention half of each block.</summary>
    Attention,

    /// <summary>Whole blocks, one or several at a time.</summary>
    Blocks,
}
