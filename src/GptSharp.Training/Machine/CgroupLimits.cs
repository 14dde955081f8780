using System.Globalization;

namespace GptSharp.Training.Machine;

/// <summary>
/// What Linux control groups (containers, batch systems) leave this process of the machine: the least of the limits on its group and on
/// every group above it (kernel documentation, admin-guide/cgroup-v1 and cgroup-v2).
/// </summary>
/// <param name="MemoryBytes">Memory in bytes, or null without a limit.</param>
/// <param name="Cores">Processor time in cores, or null without a limit.</param>
/// <param name="MemoryLeft">Memory in bytes that is not used yet, files that were only read counted as free; null without a limit.</param>
public sealed record CgroupLimits(long? MemoryBytes, double? Cores, long? MemoryLeft = null)
{
    // Version 1 writes "no limit" as the largest multiple of a page.
    private const long Unlimited = 1L << 60;

    /// <summary>Reads the limits of the running process.</summary>
    /// <param name="root">The file system's root; tests give their own.</param>
    /// <returns>The limits; without any on systems other than Linux.</returns>
    public static CgroupLimits Read(string root = "/")
    {
        long? memory = null;
        long? left = null;
        double? cores = null;
        foreach (string line in ReadLines(Path.Combine(root, "proc/self/cgroup")))
        {
            // One line per hierarchy, "number:controllers:path"; version 2 has the number 0 and no controllers.
            string[] fields = line.Split(':', 3);
            if (fields.Length < 3)
            {
                continue;
            }

            bool isUnified = fields[1].Length == 0;
            string[] controllers = fields[1].Split(',');
            string mount = Path.Combine(root, "sys/fs/cgroup", isUnified ? "" : controllers[0]);
            foreach (string folder in GroupAndParents(mount, fields[2]))
            {
                if (isUnified || controllers.Contains("memory"))
                {
                    long? limit = Memory(folder, isUnified ? "memory.max" : "memory.limit_in_bytes");
                    memory = Least(memory, limit);
                    left = Least(left, limit - Used(folder, isUnified));
                }

                if (isUnified || controllers.Contains("cpu"))
                {
                    cores = Least(cores, isUnified ? CoresOfVersion2(folder) : CoresOfVersion1(folder));
                }
            }
        }

        return new(memory, cores, left);
    }

    private static IEnumerable<string> GroupAndParents(string mount, string path)
    {
        // Inside a container the path may name a group that is mounted elsewhere; its files are then missing, and the mount's own remain.
        for (string? group = path.Trim('/'); group is not null; group = group.Length == 0 ? null : Path.GetDirectoryName(group))
        {
            yield return Path.Combine(mount, group);
        }
    }

    private static long? Memory(string folder, string file) =>
        ReadLines(Path.Combine(folder, file)) is [string text, ..]
        && long.TryParse(text, CultureInfo.InvariantCulture, out long bytes)
        && bytes is >= 0 and < Unlimited
            ? bytes
            : null;

    // What a group has read from files lately counts as used, but is given up when it is needed.
    private static long Used(string folder, bool isUnified)
    {
        long used = Memory(folder, isUnified ? "memory.current" : "memory.usage_in_bytes") ?? 0;
        string name = isUnified ? "inactive_file " : "total_inactive_file ";
        string? line = ReadLines(Path.Combine(folder, "memory.stat")).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[name.Length..], CultureInfo.InvariantCulture, out long files)
            ? Math.Max(0, used - files)
            : used;
    }

    private static double? CoresOfVersion2(string folder) =>
        ReadLines(Path.Combine(folder, "cpu.max")) is [string text, ..] && text.Split(' ') is [string quota, string period]
            ? Ratio(quota, period)
            : null;

    private static double? CoresOfVersion1(string folder) =>
        ReadLines(Path.Combine(folder, "cpu.cfs_quota_us")) is [string quota, ..]
        && ReadLines(Path.Combine(folder, "cpu.cfs_period_us")) is [string period, ..]
            ? Ratio(quota, period)
            : null;

    private static double? Ratio(string quota, string period) =>
        double.TryParse(quota, CultureInfo.InvariantCulture, out double used)
        && double.TryParse(period, CultureInfo.InvariantCulture, out double of)
        && used > 0 && of > 0
            ? used / of
            : null;

    private static T? Least<T>(T? left, T? right)
        where T : struct, IComparable<T> =>
        left is null || (right is { } candidate && candidate.CompareTo(left.Value) < 0) ? right : left;

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
