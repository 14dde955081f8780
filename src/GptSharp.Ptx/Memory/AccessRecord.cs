namespace GptSharp.Ptx.Memory;

/// <summary>
/// How the shadow remembers an access: one positive 64-bit number that grows with time inside a block and from block to block,
/// so that "before that moment" is one comparison. From the top: block serial (25 bits), clock of the warp (25), atomic (1),
/// warp (6; 32 = several), lane (6; 32 = several).
/// </summary>
internal static class AccessRecord
{
    /// <summary>Stands for several warps or several lanes.</summary>
    public const int Several = 32;

    /// <summary>The bits of the lane.</summary>
    public const long LaneMask = 0x3f;

    /// <summary>The bits of the warp.</summary>
    public const long WarpMask = 0x3f << WarpShift;

    /// <summary>Set when the access was an atomic operation.</summary>
    public const long Atomic = 1 << 12;

    /// <summary>Shift of the warp.</summary>
    public const int WarpShift = 6;

    /// <summary>Shift of clock and serial together.</summary>
    public const int TimeShift = 13;

    /// <summary>Shift of the block's serial.</summary>
    public const int SerialShift = 38;

    /// <summary>The clock of a <c>cp.async</c> copy that nobody waited for yet: later than everything.</summary>
    public const int Pending = (1 << (SerialShift - TimeShift)) - 1;

    /// <summary>Largest serial; it follows 1.</summary>
    public const int LastSerial = (1 << 25) - 1;

    /// <summary>Builds a record.</summary>
    public static long Create(int serial, int clock, int warp, int lane) =>
        ((long)serial << SerialShift) | ((long)clock << TimeShift) | ((long)warp << WarpShift) | (long)lane;

    /// <summary>The block's serial.</summary>
    public static int Serial(long record) => (int)(record >> SerialShift);

    /// <summary>The warp's clock at the access.</summary>
    public static int Clock(long record) => (int)(record >> TimeShift) & Pending;

    /// <summary>The warp, or <see cref="Several"/>.</summary>
    public static int Warp(long record) => (int)(record >> WarpShift) & 0x3f;

    /// <summary>The lane, or <see cref="Several"/>.</summary>
    public static int Lane(long record) => (int)record & 0x3f;
}

/// <summary>
/// What a record cannot hold: which warps took part (32 bits), the lanes' clock (16) and the instruction (16).
/// </summary>
internal static class AccessDetail
{
    /// <summary>The bits of the warps.</summary>
    public const long WarpsMask = unchecked((long)0xffff_ffff_0000_0000);

    /// <summary>The bits of the lanes' clock.</summary>
    public const long LaneClockMask = 0xffff_0000;

    /// <summary>Builds a detail.</summary>
    public static long Create(int warp, int laneClock, int instruction) =>
        (1L << (32 + warp)) | ((long)laneClock << 16) | (long)(ushort)instruction;

    /// <summary>A bit for each warp.</summary>
    public static uint Warps(long detail) => (uint)(detail >>> 32);

    /// <summary>The lanes' clock at the access.</summary>
    public static int LaneClock(long detail) => (int)(detail >> 16) & 0xffff;

    /// <summary>Number of the instruction, modulo 65,536.</summary>
    public static int Instruction(long detail) => (int)detail & 0xffff;
}
