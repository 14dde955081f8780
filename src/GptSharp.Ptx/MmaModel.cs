namespace GptSharp.Ptx;

/// <summary>How the sums of matrix products are rounded.</summary>
public enum MmaModel
{
    /// <summary>A chain of fused multiply-adds in 32 bits: fast, and at least as accurate as the hardware.</summary>
    Fast,

    /// <summary>As Ampere and Ada do it: aligned to the largest term, 24 fraction bits, truncated; half of k at a time.</summary>
    Ampere,

    /// <summary>As Hopper does it: 25 fraction bits, all of k at once.</summary>
    Hopper,
}
