namespace GptSharp.Ptx.Memory;

/// <summary>
/// Decides about single entries of a shadow that one comparison did not clear: who accessed them before, and was anything in
/// between that orders the two accesses?
/// </summary>
/// <param name="launch">The launch.</param>
/// <param name="clocks">Who has waited for whom.</param>
internal sealed class RaceJudge(LaunchMemory launch, WarpClocks clocks)
{
    // Reads of one entry by several warps at different times that no barrier orders: only kernels that synchronise parts of a
    // block with each other have them.
    private readonly Dictionary<(RaceShadow Shadow, nuint Entry), int[]> _readTimes = [];
    private MemoryInstruction _op = null!;
    private MemoryRegion _region = null!;
    private long _block;
    private int _warp;

    /// <summary>Starts a block.</summary>
    public void BeginBlock(long block)
    {
        _block = block;
        _readTimes.Clear();
    }

    /// <summary>Says which access the following questions belong to.</summary>
    public void Consider(MemoryInstruction op, MemoryRegion region, int warp) => (_op, _region, _warp) = (op, region, warp);

    /// <summary>Judges a read, and remembers it.</summary>
    public void Read(RaceShadow shadow, nuint entry, long mine, in ShadowAccess access)
    {
        long write = shadow.Write(entry);
        if (CheckWritten(shadow, entry, mine) && _op.Order != MemoryOrder.Strong && IsConcurrentWrite(shadow, entry, mine, out int other))
        {
            Report(
                Checks.Races,
                FindingKind.Race,
                entry,
                shadow,
                mine,
                $"reads {{0}}, which {Who(write, other)} wrote at line {Line(shadow.WriteDetail(entry))}{Missing(other)}.");
        }

        if (_op.Order != MemoryOrder.Strong)
        {
            RememberRead(shadow, entry, mine, access);
        }
    }

    /// <summary>Whether an entry holds data; reports a read of nothing, or of a copy that is still on its way.</summary>
    public bool CheckWritten(RaceShadow shadow, nuint entry, long mine)
    {
        long write = shadow.Write(entry);
        if (AccessRecord.Serial(write) != AccessRecord.Serial(mine))
        {
            if (shadow.KnowsWrites)
            {
                Report(Checks.Initialised, FindingKind.NeverWritten, entry, shadow, mine, "reads {0}, which nothing in this block wrote.");
            }

            return false;
        }

        if (AccessRecord.Clock(write) == AccessRecord.Pending)
        {
            Report(
                Checks.AsyncCopies,
                FindingKind.AsyncCopy,
                entry,
                shadow,
                mine,
                $"reads {{0}}, where the cp.async at line {Line(shadow.WriteDetail(entry))} has not been waited for.");
            return false;
        }

        return true;
    }

    /// <summary>Judges a write, and remembers it.</summary>
    public void Write(RaceShadow shadow, nuint entry, long mine, in ShadowAccess access, bool isSameValue)
    {
        bool isAlone = CheckNotPending(shadow, entry, mine);
        if (isAlone && IsConcurrentWrite(shadow, entry, mine, out int writer))
        {
            if (isSameValue)
            {
                JoinWriters(shadow, entry, mine, access);
                CheckReaders(shadow, entry, mine);
                return;
            }

            Report(
                Checks.Races,
                FindingKind.Race,
                entry,
                shadow,
                mine,
                $"writes {{0}}, where {Who(shadow.Write(entry), writer)} stored another value at line {Line(shadow.WriteDetail(entry))}{Missing(writer)}.");
        }

        CheckReaders(shadow, entry, mine);
        shadow.Write(entry) = mine;
        shadow.WriteDetail(entry) = access.Detail;
    }

    /// <summary>Judges an atomic operation or a volatile store, and remembers it as such.</summary>
    public void Atomic(RaceShadow shadow, nuint entry, long mine, in ShadowAccess access)
    {
        if (CheckNotPending(shadow, entry, mine) && _op.Order != MemoryOrder.Strong && IsConcurrentWrite(shadow, entry, mine, out int writer))
        {
            Report(
                Checks.Races,
                FindingKind.Race,
                entry,
                shadow,
                mine,
                $"changes {{0}}, which {Who(shadow.Write(entry), writer)} wrote at line {Line(shadow.WriteDetail(entry))}{Missing(writer)}.");
        }

        shadow.Write(entry) = mine | AccessRecord.Atomic;
        shadow.WriteDetail(entry) = access.Detail;
    }

    // The warp or, as a negative number, the own warp (lanes) whose plain write is not ordered with this access.
    private bool IsConcurrentWrite(RaceShadow shadow, nuint entry, long mine, out int other)
    {
        long write = shadow.Write(entry);
        long detail = shadow.WriteDetail(entry);
        other = -1;
        if (AccessRecord.Serial(write) != AccessRecord.Serial(mine) || (write & AccessRecord.Atomic) != 0)
        {
            return false;
        }

        uint warps = AccessDetail.Warps(detail);
        if ((warps >> _warp & 1) != 0)
        {
            // The own warp stored this value, perhaps with others: what matters is the lane.
            return AreUnorderedLanes(write, detail, mine, isSeveralFine: true);
        }

        for (; warps != 0; warps &= warps - 1)
        {
            other = int.TrailingZeroCount((int)warps);
            if (AccessRecord.Clock(write) > clocks.Known(_warp, other))
            {
                return true;
            }
        }

        return false;
    }

    private bool AreUnorderedLanes(long record, long detail, long mine, bool isSeveralFine)
    {
        int lane = AccessRecord.Lane(record);
        return lane != AccessRecord.Lane(mine)
            && !(isSeveralFine && lane == AccessRecord.Several)
            && AccessRecord.Clock(record) == clocks.Own(_warp)
            && AccessDetail.LaneClock(detail) == clocks.Lanes(_warp);
    }

    private bool CheckNotPending(RaceShadow shadow, nuint entry, long mine)
    {
        long write = shadow.Write(entry);
        if (AccessRecord.Serial(write) != AccessRecord.Serial(mine) || AccessRecord.Clock(write) != AccessRecord.Pending)
        {
            return true;
        }

        Report(
            Checks.AsyncCopies,
            FindingKind.AsyncCopy,
            entry,
            shadow,
            mine,
            $"writes {{0}}, where the cp.async at line {Line(shadow.WriteDetail(entry))} has not been waited for.");
        return false;
    }

    private void CheckReaders(RaceShadow shadow, nuint entry, long mine)
    {
        long read = shadow.Read(entry);
        long detail = shadow.ReadDetail(entry);
        if (AccessRecord.Serial(read) != AccessRecord.Serial(mine))
        {
            return;
        }

        bool hasTimes = _readTimes.TryGetValue((shadow, entry), out int[]? times);
        for (uint warps = AccessDetail.Warps(detail); warps != 0; warps &= warps - 1)
        {
            int reader = int.TrailingZeroCount((int)warps);
            int clock = hasTimes ? times![reader] : AccessRecord.Clock(read);
            if (reader == _warp ? AreUnorderedLanes(read, detail, mine, isSeveralFine: false) && detail >>> 32 == 1L << _warp : clock > clocks.Known(_warp, reader))
            {
                int named = reader == _warp ? -1 : reader;
                Report(
                    Checks.Races,
                    FindingKind.Race,
                    entry,
                    shadow,
                    mine,
                    $"writes {{0}}, which {Who(read, named)} read at line {Line(detail)}{Missing(named)}.");
                return;
            }
        }
    }

    private void JoinWriters(RaceShadow shadow, nuint entry, long mine, in ShadowAccess access)
    {
        ref long write = ref shadow.Write(entry);
        ref long detail = ref shadow.WriteDetail(entry);
        uint warps = AccessDetail.Warps(detail | access.Detail);
        int warp = (warps & (warps - 1)) == 0 ? _warp : AccessRecord.Several;
        int clock = Math.Max(AccessRecord.Clock(write), AccessRecord.Clock(mine));
        write = AccessRecord.Create(AccessRecord.Serial(mine), clock, warp, AccessRecord.Several);
        detail = access.Detail | (detail & AccessDetail.WarpsMask);
    }

    private void RememberRead(RaceShadow shadow, nuint entry, long mine, in ShadowAccess access)
    {
        ref long read = ref shadow.Read(entry);
        ref long detail = ref shadow.ReadDetail(entry);
        if (read < access.High)
        {
            (read, detail) = (mine, access.Detail);
            _readTimes.Remove((shadow, entry));
            return;
        }

        uint warps = AccessDetail.Warps(detail);
        bool isOtherTime = read >> AccessRecord.TimeShift != mine >> AccessRecord.TimeShift;
        if (isOtherTime && warps == 1u << _warp && !_readTimes.ContainsKey((shadow, entry)))
        {
            (read, detail) = (mine, access.Detail);
            return;
        }

        if (isOtherTime || _readTimes.ContainsKey((shadow, entry)))
        {
            RememberTimes((shadow, entry), warps, AccessRecord.Clock(read), AccessRecord.Clock(mine));
        }

        bool isSameSync = AccessDetail.LaneClock(detail) == AccessDetail.LaneClock(access.Detail) && !isOtherTime;
        int lane = isSameSync && AccessRecord.Lane(read) != AccessRecord.Lane(mine) ? AccessRecord.Several : AccessRecord.Lane(mine);
        int warp = (warps & ~(1u << _warp)) == 0 ? _warp : AccessRecord.Several;
        int clock = Math.Max(AccessRecord.Clock(read), AccessRecord.Clock(mine));
        read = AccessRecord.Create(AccessRecord.Serial(mine), clock, warp, lane);
        detail = access.Detail | (detail & AccessDetail.WarpsMask);
    }

    private void RememberTimes((RaceShadow Shadow, nuint Entry) key, uint warps, int clock, int now)
    {
        if (!_readTimes.TryGetValue(key, out int[]? times))
        {
            _readTimes[key] = times = new int[WarpClocks.MaxWarps];
            for (; warps != 0; warps &= warps - 1)
            {
                times[int.TrailingZeroCount((int)warps)] = clock;
            }
        }

        times[_warp] = now;
    }

    private void Report(Checks check, FindingKind kind, nuint entry, RaceShadow shadow, long mine, string format)
    {
        if ((launch.Checks & check) != 0)
        {
            int lane = AccessRecord.Lane(mine) % AccessRecord.Several;
            string place = _region.Describe(entry << shadow.Shift);
            launch.Findings.Report(kind, string.Format(null, format, place), _block, _warp, lane, _op.Index);
        }
    }

    private string Who(long record, int warp)
    {
        int lane = AccessRecord.Lane(record);
        int named = warp < 0 ? _warp : warp;
        return lane == AccessRecord.Several || AccessRecord.Warp(record) == AccessRecord.Several
            ? warp < 0 ? "another lane of its warp" : $"warp {named}"
            : $"thread {launch.Kernel.Thread(named, lane)}";
    }

    private int Line(long detail) => launch.Kernel.Locate(AccessDetail.Instruction(detail)).Line;

    private static string Missing(int other) =>
        other < 0 ? ", without a bar.warp.sync between the two lanes" : ", without a barrier between the two warps";
}
