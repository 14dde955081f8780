namespace GptSharp.Ptx.Memory;

/// <summary>
/// Finds, when a launch is over, what its blocks did to each other: one wrote what another read or wrote otherwise, or somebody
/// wrote what <c>ld.global.nc</c> takes for constant. The lowest blocks are named, whichever worker ran them.
/// </summary>
internal static class BlockRaces
{
    /// <summary>Reports what it finds.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="checkers">What each worker saw.</param>
    public static void Report(LaunchMemory launch, IReadOnlyList<AccessChecker> checkers)
    {
        IEnumerable<IGrouping<int, (int Index, MemoryRegion Region)>> buffers = checkers
            .SelectMany(checker => checker.Regions.TouchedBuffers)
            .Where(pair => pair.Region.Launch is not null)
            .GroupBy(pair => pair.Index)
            .OrderBy(group => group.Key);
        var found = new Dictionary<(FindingKind Kind, int Instruction), (long Writer, string Message)>();
        foreach (IGrouping<int, (int Index, MemoryRegion Region)> buffer in buffers)
        {
            MemoryRegion region = buffer.First().Region;
            Search(launch, region, [.. buffer.Select(pair => pair.Region.Launch!)], found);
        }

        foreach (((FindingKind kind, int instruction), (long writer, string message)) in found
            .OrderBy(pair => LaunchAccess.Block(pair.Value.Writer)).ThenBy(pair => pair.Key.Instruction).ThenBy(pair => pair.Key.Kind))
        {
            int thread = LaunchAccess.Thread(writer);
            launch.Findings.Report(kind, message, LaunchAccess.Block(writer), thread / 32, thread % 32, instruction);
        }
    }

    private static void Search(
        LaunchMemory launch,
        MemoryRegion region,
        LaunchShadow[] shadows,
        Dictionary<(FindingKind Kind, int Instruction), (long Writer, string Message)> found)
    {
        nuint end = shadows.Select(shadow => shadow.EndWritten).Max();
        for (nuint entry = shadows.Select(shadow => shadow.FirstWritten).Min(); entry < end; entry++)
        {
            long writer = Lowest(shadows, entry, false);
            if (writer == 0)
            {
                continue;
            }

            if (Kind(launch.Checks, shadows, entry, writer) is { } kind)
            {
                (FindingKind, int) key = (kind, LaunchAccess.Instruction(writer));
                if (!found.TryGetValue(key, out (long Writer, string Message) known) || LaunchAccess.Block(writer) < LaunchAccess.Block(known.Writer))
                {
                    found[key] = (writer, Message(launch, region, shadows, entry, writer, kind));
                }
            }
        }
    }

    private static FindingKind? Kind(Checks checks, LaunchShadow[] shadows, nuint entry, long writer)
    {
        long block = LaunchAccess.Block(writer);
        bool isReadElsewhere = false;
        bool isReadAsConstant = false;
        foreach (LaunchShadow shadow in shadows)
        {
            long read = shadow.Read(entry);
            isReadElsewhere |= IsByOther(read, block);
            isReadAsConstant |= (read & LaunchAccess.Special) != 0;
        }

        return isReadAsConstant && checks.HasFlag(Checks.ReadOnly) ? FindingKind.ReadOnly
            : checks.HasFlag(Checks.Races) && (isReadElsewhere || WritersDisagree(shadows, entry)) ? FindingKind.Race
            : null;
    }

    private static string Message(LaunchMemory launch, MemoryRegion region, LaunchShadow[] shadows, nuint entry, long writer, FindingKind kind)
    {
        string place = region.Describe(shadows[0].Offset(entry));
        if (kind == FindingKind.ReadOnly)
        {
            return $"writes {place}, which the same launch reads with ld.global.nc as if it were constant.";
        }

        long block = LaunchAccess.Block(writer);
        long reader = Lowest(shadows, entry, true);
        return !shadows.Any(shadow => IsByOther(shadow.Read(entry), block)) ? $"writes {place}, where other blocks of the launch store other values."
            : LaunchAccess.Block(reader) == block ? $"writes {place}, which other blocks read in the same launch."
            : $"writes {place}, which block {launch.Kernel.Grid.At(LaunchAccess.Block(reader))} reads in the same launch at line {Line(launch, reader)}.";
    }

    private static bool WritersDisagree(LaunchShadow[] shadows, nuint entry)
    {
        bool isSeveral = false;
        bool isDifferent = false;
        long block = -1;
        uint value = 0;
        foreach (LaunchShadow shadow in shadows)
        {
            long write = shadow.Write(entry);
            if (write == 0)
            {
                continue;
            }

            isSeveral |= (write & LaunchAccess.Several) != 0 || (block >= 0 && block != LaunchAccess.Block(write));
            isDifferent |= (write & LaunchAccess.Special) != 0 || (block >= 0 && value != shadow.Value(entry));
            (block, value) = (LaunchAccess.Block(write), shadow.Value(entry));
        }

        return isSeveral && isDifferent;
    }

    private static bool IsByOther(long record, long block) =>
        record != 0 && ((record & LaunchAccess.Several) != 0 || LaunchAccess.Block(record) != block);

    private static long Lowest(LaunchShadow[] shadows, nuint entry, bool isRead)
    {
        long lowest = 0;
        foreach (LaunchShadow shadow in shadows)
        {
            long record = isRead ? shadow.Read(entry) : shadow.Write(entry);
            if (record != 0 && (lowest == 0 || LaunchAccess.Block(record) < LaunchAccess.Block(lowest)))
            {
                lowest = record;
            }
        }

        return lowest;
    }

    private static int Line(LaunchMemory launch, long record) => launch.Kernel.Locate(LaunchAccess.Instruction(record)).Line;
}
