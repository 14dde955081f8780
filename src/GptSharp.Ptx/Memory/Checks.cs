namespace GptSharp.Ptx.Memory;

/// <summary>
/// What a launch looks for beside computing. Addresses outside every buffer and misaligned addresses are always errors: the
/// emulator could not go on.
/// </summary>
[Flags]
public enum Checks
{
    /// <summary>Only what the emulator itself needs.</summary>
    None = 0,

    /// <summary>Reads of memory that nothing wrote.</summary>
    Initialised = 1,

    /// <summary>Unordered accesses to the same bytes by lanes, warps or blocks, at least one of them a plain write.</summary>
    Races = 2,

    /// <summary>Data of <c>cp.async</c> used before its wait, and sources or destinations that change in between.</summary>
    AsyncCopies = 4,

    /// <summary>Writes to memory that <c>ld.global.nc</c> reads in the same launch.</summary>
    ReadOnly = 8,

    /// <summary>Barriers, shuffles and other <c>.sync</c> instructions that only a part of the named threads reaches.</summary>
    Synchronisation = 16,

    /// <summary>Integer division by zero.</summary>
    Division = 32,

    /// <summary>Everything.</summary>
    All = Initialised | Races | AsyncCopies | ReadOnly | Synchronisation | Division,
}
