namespace GptSharp.Ptx.Execution;

/// <summary>What a <see cref="Split"/> is doing.</summary>
internal enum SplitState : byte
{
    /// <summary>The entry is free.</summary>
    Free,

    /// <summary>It can run.</summary>
    Ready,

    /// <summary>It waits until the splits that it was divided into come to its own step.</summary>
    Divided,

    /// <summary>It stands at a barrier of the block.</summary>
    AtBarrier,

    /// <summary>It stands at an aligned barrier, and the rest of the warp has not ended.</summary>
    AtAlignedBarrier,

    /// <summary>It stands at a <c>bar.warp.sync</c>.</summary>
    AtWarpBarrier,
}

/// <summary>
/// Threads of a warp that run together. A divergent branch divides a split: it waits at the branch's immediate post-dominator, and
/// its parts run one after the other until they are there.
/// </summary>
internal struct Split
{
    /// <summary>What it is doing.</summary>
    public SplitState State;

    /// <summary>Its next step.</summary>
    public int Step;

    /// <summary>Its lanes.</summary>
    public uint Mask;

    /// <summary>Where it ends and its parent goes on; -1 when only at the end of the function.</summary>
    public int Meeting;

    /// <summary>The split that it is a part of, or -1.</summary>
    public int Parent;

    /// <summary>Parts that still run.</summary>
    public int Parts;

    /// <summary>Its registers.</summary>
    public Frame Frame;

    /// <summary>Whether it ends when its function returns: it is the body of a call.</summary>
    public bool IsCall;

    /// <summary>The barrier at which it stands, or the lanes that a <c>bar.warp.sync</c> names.</summary>
    public uint Barrier;
}
