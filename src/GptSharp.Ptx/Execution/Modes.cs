namespace GptSharp.Ptx.Execution;

/// <summary>From where a shuffle takes its value.</summary>
internal enum ShuffleMode
{
    /// <summary>A lower lane, b away.</summary>
    Up,

    /// <summary>A higher lane, b away.</summary>
    Down,

    /// <summary>The lane whose number differs in the bits of b.</summary>
    Butterfly,

    /// <summary>Lane b.</summary>
    Index,
}

/// <summary>What a vote asks.</summary>
internal enum VoteMode
{
    /// <summary>Whether all say yes.</summary>
    All,

    /// <summary>Whether any says yes.</summary>
    Any,

    /// <summary>Whether all say the same.</summary>
    Uniform,

    /// <summary>Who says yes.</summary>
    Ballot,
}

/// <summary>What <c>redux.sync</c> computes.</summary>
internal enum ReduceMode
{
    /// <summary>Sum.</summary>
    Add,

    /// <summary>Smallest, unsigned.</summary>
    MinUnsigned,

    /// <summary>Smallest, signed.</summary>
    MinSigned,

    /// <summary>Largest, unsigned.</summary>
    MaxUnsigned,

    /// <summary>Largest, signed.</summary>
    MaxSigned,

    /// <summary>Bitwise and.</summary>
    And,

    /// <summary>Bitwise or.</summary>
    Or,

    /// <summary>Bitwise exclusive or.</summary>
    Xor,
}

/// <summary>What a warp does at a barrier.</summary>
internal enum BarrierMode
{
    /// <summary>Waits.</summary>
    Sync,

    /// <summary>Is counted and goes on.</summary>
    Arrive,

    /// <summary>Waits, and learns in how many threads a predicate holds.</summary>
    Count,

    /// <summary>Waits, and learns whether a predicate holds in all threads.</summary>
    And,

    /// <summary>Waits, and learns whether a predicate holds in any thread.</summary>
    Or,
}

/// <summary>Bits beside a <see cref="BarrierMode"/>.</summary>
internal static class BarrierModes
{
    /// <summary>All threads of the warp come to the barrier together.</summary>
    public const int Aligned = 0x100;

    /// <summary>Masks the mode.</summary>
    public const int ModeMask = 0xff;
}
