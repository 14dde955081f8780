namespace GptSharp.Ptx.Memory;

/// <summary>
/// How generic addresses tell the spaces apart. Global memory is the identity; the other spaces are windows far away from every
/// buffer.
/// </summary>
internal static class AddressWindows
{
    /// <summary>Generic address of byte 0 of the block's shared memory.</summary>
    public const ulong Shared = 0x0100_0000_0000;

    /// <summary>Generic address of byte 0 of the thread's local memory.</summary>
    public const ulong Local = 0x0200_0000_0000;

    /// <summary>Generic address of byte 0 of the kernel's parameters.</summary>
    public const ulong Parameter = 0x0300_0000_0000;

    /// <summary>Address of the first buffer in global memory.</summary>
    public const ulong Global = 0x0400_0000_0000;

    private const int WindowBits = 40;

    /// <summary>The space that a generic address points into; everything outside the windows is global.</summary>
    public static MemorySpace Classify(ulong address) => (address >> WindowBits) switch
    {
        Shared >> WindowBits => MemorySpace.Shared,
        Local >> WindowBits => MemorySpace.Local,
        Parameter >> WindowBits => MemorySpace.Parameter,
        _ => MemorySpace.Global,
    };

    /// <summary>Generic address of byte 0 of a space.</summary>
    public static ulong Base(MemorySpace space) => space switch
    {
        MemorySpace.Shared => Shared,
        MemorySpace.Local => Local,
        MemorySpace.Parameter => Parameter,
        _ => 0,
    };
}
