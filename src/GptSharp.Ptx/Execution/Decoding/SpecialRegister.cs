namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>The special registers whose value does not change while a warp runs a block.</summary>
internal enum SpecialRegister
{
    /// <summary>Thread in its block.</summary>
    ThreadX,

    /// <summary>Thread in its block.</summary>
    ThreadY,

    /// <summary>Thread in its block.</summary>
    ThreadZ,

    /// <summary>Threads of a block.</summary>
    BlockSizeX,

    /// <summary>Threads of a block.</summary>
    BlockSizeY,

    /// <summary>Threads of a block.</summary>
    BlockSizeZ,

    /// <summary>Block in the grid.</summary>
    BlockX,

    /// <summary>Block in the grid.</summary>
    BlockY,

    /// <summary>Block in the grid.</summary>
    BlockZ,

    /// <summary>Blocks of the grid.</summary>
    GridSizeX,

    /// <summary>Blocks of the grid.</summary>
    GridSizeY,

    /// <summary>Blocks of the grid.</summary>
    GridSizeZ,

    /// <summary>Lane in its warp.</summary>
    Lane,

    /// <summary>Warp in its block.</summary>
    Warp,

    /// <summary>Warps of a block.</summary>
    WarpCount,

    /// <summary>Multiprocessor; always 0.</summary>
    Zero,

    /// <summary>A count that is always 1: multiprocessors, blocks of a cluster.</summary>
    One,

    /// <summary>The bit of the lane.</summary>
    LaneMaskEqual,

    /// <summary>The bits below the lane's.</summary>
    LaneMaskLess,

    /// <summary>The bits up to the lane's.</summary>
    LaneMaskLessEqual,

    /// <summary>The bits above the lane's.</summary>
    LaneMaskGreater,

    /// <summary>The bits from the lane's on.</summary>
    LaneMaskGreaterEqual,

    /// <summary>Bytes of dynamic shared memory.</summary>
    DynamicSharedBytes,

    /// <summary>Bytes of all shared memory.</summary>
    TotalSharedBytes,

    /// <summary>Where the function's frame begins in local memory; not a register of PTX.</summary>
    FrameBase,

    /// <summary>The carry flags of the lanes, one mask; not a register of PTX.</summary>
    CarryFlags,
}

/// <summary>The names of special registers.</summary>
internal static class SpecialRegisters
{
    private static readonly Dictionary<string, SpecialRegister> ByName = new(StringComparer.Ordinal)
    {
        ["%tid.x"] = SpecialRegister.ThreadX,
        ["%tid.y"] = SpecialRegister.ThreadY,
        ["%tid.z"] = SpecialRegister.ThreadZ,
        ["%ntid.x"] = SpecialRegister.BlockSizeX,
        ["%ntid.y"] = SpecialRegister.BlockSizeY,
        ["%ntid.z"] = SpecialRegister.BlockSizeZ,
        ["%ctaid.x"] = SpecialRegister.BlockX,
        ["%ctaid.y"] = SpecialRegister.BlockY,
        ["%ctaid.z"] = SpecialRegister.BlockZ,
        ["%nctaid.x"] = SpecialRegister.GridSizeX,
        ["%nctaid.y"] = SpecialRegister.GridSizeY,
        ["%nctaid.z"] = SpecialRegister.GridSizeZ,
        ["%laneid"] = SpecialRegister.Lane,
        ["%warpid"] = SpecialRegister.Warp,
        ["%nwarpid"] = SpecialRegister.WarpCount,
        ["%smid"] = SpecialRegister.Zero,
        ["%nsmid"] = SpecialRegister.One,
        ["%gridid"] = SpecialRegister.Zero,
        ["%lanemask_eq"] = SpecialRegister.LaneMaskEqual,
        ["%lanemask_lt"] = SpecialRegister.LaneMaskLess,
        ["%lanemask_le"] = SpecialRegister.LaneMaskLessEqual,
        ["%lanemask_gt"] = SpecialRegister.LaneMaskGreater,
        ["%lanemask_ge"] = SpecialRegister.LaneMaskGreaterEqual,
        ["%dynamic_smem_size"] = SpecialRegister.DynamicSharedBytes,
        ["%total_smem_size"] = SpecialRegister.TotalSharedBytes,
        ["%aggr_smem_size"] = SpecialRegister.TotalSharedBytes,
        // A cluster is one block.
        ["%clusterid.x"] = SpecialRegister.BlockX,
        ["%clusterid.y"] = SpecialRegister.BlockY,
        ["%clusterid.z"] = SpecialRegister.BlockZ,
        ["%nclusterid.x"] = SpecialRegister.GridSizeX,
        ["%nclusterid.y"] = SpecialRegister.GridSizeY,
        ["%nclusterid.z"] = SpecialRegister.GridSizeZ,
        ["%cluster_ctaid.x"] = SpecialRegister.Zero,
        ["%cluster_ctaid.y"] = SpecialRegister.Zero,
        ["%cluster_ctaid.z"] = SpecialRegister.Zero,
        ["%cluster_nctaid.x"] = SpecialRegister.One,
        ["%cluster_nctaid.y"] = SpecialRegister.One,
        ["%cluster_nctaid.z"] = SpecialRegister.One,
        ["%cluster_ctarank"] = SpecialRegister.Zero,
        ["%cluster_nctarank"] = SpecialRegister.One,
    };

    /// <summary>The special register of that name, or null.</summary>
    public static SpecialRegister? Parse(string name) =>
        ByName.TryGetValue(name, out SpecialRegister register) ? register
        : name.StartsWith("%envreg", StringComparison.Ordinal) || name.StartsWith("%pm", StringComparison.Ordinal) ? SpecialRegister.Zero
        : null;

    /// <summary>Whether the name is a clock, whose value changes from read to read.</summary>
    public static bool IsClock(string name) => name is "%clock" or "%clock64" or "%clock_hi" or "%globaltimer" or "%globaltimer_lo" or "%globaltimer_hi";

    /// <summary>Whether the register has 64 bits.</summary>
    public static bool IsWide(string name) => name is "%clock64" or "%globaltimer" or "%gridid" || name.EndsWith("_64", StringComparison.Ordinal);
}
