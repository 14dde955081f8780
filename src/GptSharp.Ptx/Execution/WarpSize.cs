namespace GptSharp.Ptx.Execution;

/// <summary>The size of a warp.</summary>
internal static class WarpSize
{
    /// <summary>Threads of a warp.</summary>
    public const int Lanes = 32;

    /// <summary>The mask of all lanes.</summary>
    public const uint Full = uint.MaxValue;
}
