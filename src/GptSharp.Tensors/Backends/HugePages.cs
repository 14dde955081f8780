using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Backends;

/// <summary>
/// Large pages for large buffers, where the system grants them on request (Linux, <c>transparent_hugepage</c> at madvise or always): one
/// entry of the processor's address cache covers 2 MiB instead of 4 KiB, and fresh memory is handed over in 512 times fewer pieces.
/// </summary>
internal static partial class HugePages
{
    /// <summary>Bytes of a large page; buffers that hope for them begin at a multiple.</summary>
    public const int Bytes = 2 << 20;

    private const int AdviceHugePage = 14;

    /// <summary>Asks for large pages in a part of memory. Whatever the answer, the memory works as before.</summary>
    public static void Request(nint address, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Advise(address, (nuint)(bytes / Bytes * Bytes), AdviceHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint bytes, int advice);
}
