using System.Globalization;

namespace GptSharp.Training.Machine;

/// <summary>How much more memory this process can take on this machine.</summary>
public static class AvailableMemory
{
    /// <summary>
    /// The least of what the system could give without swapping, what the control groups leave and what the limit of the address space
    /// (<c>ulimit -v</c>) leaves.
    /// </summary>
    /// <param name="root">The file system's root; tests give their own.</param>
    public static long Bytes(string root = "/")
    {
        if (!OperatingSystem.IsLinux())
        {
            return Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet);
        }

        long?[] limits =
        [
            Kilobytes(root, "proc/meminfo", "MemAvailable:") * 1024,
            CgroupLimits.Read(root).MemoryLeft,
            AddressSpace(root) - (Kilobytes(root, "proc/self/status", "VmSize:") * 1024),
        ];
        return Math.Max(0, limits.Min() ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    // "Max address space  unlimited  unlimited  bytes", the soft limit first.
    private static long? AddressSpace(string root) =>
        Line(root, "proc/self/limits", "Max address space")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
        && long.TryParse(soft, CultureInfo.InvariantCulture, out long bytes)
            ? bytes
            : null;

    private static long? Kilobytes(string root, string file, string name) =>
        Line(root, file, name)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, ..]
        && long.TryParse(number, CultureInfo.InvariantCulture, out long kilobytes)
            ? kilobytes
            : null;

    private static string? Line(string root, string file, string name)
    {
        string path = Path.Combine(root, file);
        return File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim()
            : null;
    }
}
