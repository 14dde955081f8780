using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Memory;

/// <summary>An access of consecutive lanes to consecutive entries of a shadow.</summary>
/// <param name="Low">Records below this are of other blocks, or of none; 0 where that does not matter.</param>
/// <param name="High">Records below this happened before.</param>
/// <param name="Mine">The record of the access's first lane.</param>
/// <param name="Detail">The detail of the access.</param>
/// <param name="LaneShift">Entries per lane, as a shift.</param>
/// <param name="IsOneLane">Whether all entries carry the same lane.</param>
internal readonly record struct ShadowAccess(long Low, long High, long Mine, long Detail, int LaneShift, bool IsOneLane)
{
    /// <summary>The record of an entry.</summary>
    /// <param name="entry">Number of the entry, counted from the access's first.</param>
    public long At(int entry) => IsOneLane ? Mine : Mine + (entry >> LaneShift);

    /// <summary>The records of four entries, of which the first is a multiple of four from the access's first.</summary>
    public Vector256<long> FourAt(int entry) => Vector256.Create(At(entry)) + (IsOneLane || LaneShift >= 2 ? Vector256<long>.Zero
        : LaneShift == 1 ? Vector256.Create(0L, 0, 1, 1) : Vector256.Create(0L, 1, 2, 3));
}

/// <summary>
/// The last write and the last reads of every 4 bytes (or 2, or 1) of a region in the block that runs. Four entries at a time are
/// judged with vectors: nearly always everything before happened before. Only what did not is looked at one by one.
/// </summary>
internal sealed unsafe class RaceShadow : IDisposable
{
    /// <summary>Entries that are judged together.</summary>
    public const int Step = 4;

    private readonly long* _writes;
    private readonly long* _writeDetails;
    private readonly long* _reads;
    private readonly long* _readDetails;

    /// <summary>Creates the shadow: nothing was accessed.</summary>
    /// <param name="byteCount">Bytes of the region.</param>
    /// <param name="shift">Bytes per entry, as a shift.</param>
    /// <param name="knowsWrites">Whether a byte counts as written only if this block wrote it: shared memory.</param>
    public RaceShadow(nuint byteCount, int shift, bool knowsWrites)
    {
        (Shift, KnowsWrites) = (shift, knowsWrites);
        nuint entries = (byteCount >> shift) + Step;
        ByteCount = (long)entries * 4 * sizeof(long);
        _writes = Allocate(entries);
        _writeDetails = Allocate(entries);
        _reads = Allocate(entries);
        _readDetails = Allocate(entries);
    }

    /// <summary>Bytes of the shadow itself.</summary>
    public long ByteCount { get; }

    /// <summary>Bytes per entry, as a shift.</summary>
    public int Shift { get; }

    /// <summary>Whether a byte counts as written only if this block wrote it.</summary>
    public bool KnowsWrites { get; }

    /// <summary>The last write of an entry.</summary>
    public ref long Write(nuint entry) => ref _writes[entry];

    /// <summary>The last write's detail.</summary>
    public ref long WriteDetail(nuint entry) => ref _writeDetails[entry];

    /// <summary>The last read of an entry.</summary>
    public ref long Read(nuint entry) => ref _reads[entry];

    /// <summary>The last read's detail.</summary>
    public ref long ReadDetail(nuint entry) => ref _readDetails[entry];

    /// <summary>Judges and remembers a plain read.</summary>
    public void OnRead(nuint first, int count, in ShadowAccess access, RaceJudge judge)
    {
        Vector256<long> low = Vector256.Create(access.Low);
        Vector256<long> high = Vector256.Create(access.High);
        Vector256<long> notAtomic = Vector256.Create(~AccessRecord.Atomic);
        Vector256<long> time = Vector256.Create(access.Mine >> AccessRecord.TimeShift);
        Vector256<long> detail = Vector256.Create(access.Detail);
        int i = 0;
        for (; i <= count - Step; i += Step)
        {
            nuint entry = first + (nuint)i;
            Vector256<long> mine = access.FourAt(i);
            Vector256<long> writes = Vector256.Load(_writes + entry);
            Vector256<long> reads = Vector256.Load(_reads + entry);
            Vector256<long> isMine = Vector256.Equals(writes & notAtomic, mine);
            Vector256<long> isBefore = Vector256.GreaterThanOrEqual(writes, low) & Vector256.LessThan(writes, high);
            Vector256<long> isRecent = Vector256.GreaterThanOrEqual(reads, high);
            if ((isMine | isBefore) == Vector256<long>.AllBitsSet)
            {
                if (isRecent == Vector256<long>.Zero)
                {
                    mine.Store(_reads + entry);
                    detail.Store(_readDetails + entry);
                    continue;
                }

                Vector256<long> isNow = Vector256.Equals(Vector256.ShiftRightLogical(reads, AccessRecord.TimeShift), time);
                if ((isRecent & ~isNow) == Vector256<long>.Zero)
                {
                    Merge(entry, mine, reads, isNow, detail);
                    continue;
                }
            }

            for (int j = i; j < i + Step; j++)
            {
                judge.Read(this, first + (nuint)j, access.At(j), access);
            }
        }

        for (; i < count; i++)
        {
            nuint entry = first + (nuint)i;
            long mine = access.At(i);
            long write = _writes[entry];
            if (((write >= access.Low && write < access.High) || (write & ~AccessRecord.Atomic) == mine)
                && (_reads[entry] < access.High || _reads[entry] == mine))
            {
                _reads[entry] = mine;
                _readDetails[entry] = access.Detail;
            }
            else
            {
                judge.Read(this, entry, mine, access);
            }
        }
    }

    /// <summary>Judges and remembers a plain write.</summary>
    /// <param name="first">The first entry.</param>
    /// <param name="count">Number of entries.</param>
    /// <param name="access">The access.</param>
    /// <param name="memory">What the entries hold now.</param>
    /// <param name="values">What they are to hold; null when that is not known.</param>
    /// <param name="judge">Looks at what is not plain.</param>
    public void OnWrite(nuint first, int count, in ShadowAccess access, byte* memory, byte* values, RaceJudge judge)
    {
        Vector256<long> high = Vector256.Create(access.High);
        Vector256<long> detail = Vector256.Create(access.Detail);
        int i = 0;
        for (; i <= count - Step; i += Step)
        {
            nuint entry = first + (nuint)i;
            Vector256<long> mine = access.FourAt(i);
            Vector256<long> writes = Vector256.Load(_writes + entry);
            Vector256<long> reads = Vector256.Load(_reads + entry);
            Vector256<long> isFree = (Vector256.LessThan(writes, high) | Vector256.Equals(writes, mine))
                & (Vector256.LessThan(reads, high) | Vector256.Equals(reads, mine));
            if (isFree == Vector256<long>.AllBitsSet)
            {
                mine.Store(_writes + entry);
                detail.Store(_writeDetails + entry);
                continue;
            }

            for (int j = i; j < i + Step; j++)
            {
                judge.Write(this, first + (nuint)j, access.At(j), access, Same(memory, values, j));
            }
        }

        for (; i < count; i++)
        {
            nuint entry = first + (nuint)i;
            long mine = access.At(i);
            if ((_writes[entry] < access.High || _writes[entry] == mine) && (_reads[entry] < access.High || _reads[entry] == mine))
            {
                _writes[entry] = mine;
                _writeDetails[entry] = access.Detail;
            }
            else
            {
                judge.Write(this, entry, mine, access, Same(memory, values, i));
            }
        }
    }

    /// <summary>Judges and remembers plain reads of rows of four entries by several lanes of a warp: a matrix load.</summary>
    /// <param name="offsets">Byte offset of each row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="access">The access; all its lanes share each row.</param>
    /// <param name="judge">Looks at what is not plain.</param>
    public void OnReadRows(ulong* offsets, int rows, in ShadowAccess access, RaceJudge judge)
    {
        Vector256<long> low = Vector256.Create(access.Low);
        Vector256<long> high = Vector256.Create(access.High);
        Vector256<long> time = Vector256.Create(access.Mine >> AccessRecord.TimeShift);
        Vector256<long> mine = Vector256.Create(access.Mine);
        Vector256<long> detail = Vector256.Create(access.Detail);
        for (int row = 0; row < rows; row++)
        {
            var entry = (nuint)(offsets[row] >> Shift);
            Vector256<long> writes = Vector256.Load(_writes + entry);
            Vector256<long> reads = Vector256.Load(_reads + entry);
            Vector256<long> isLate = Vector256.LessThan(writes, low) | Vector256.GreaterThanOrEqual(writes, high);
            Vector256<long> isRecent = Vector256.GreaterThanOrEqual(reads, high);
            if ((isLate | isRecent) == Vector256<long>.Zero)
            {
                mine.Store(_reads + entry);
                detail.Store(_readDetails + entry);
                continue;
            }

            Vector256<long> isNow = Vector256.Equals(Vector256.ShiftRightLogical(reads, AccessRecord.TimeShift), time);
            if ((isLate | (isRecent & ~isNow)) == Vector256<long>.Zero)
            {
                Merge(entry, mine, reads, isNow, detail);
            }
            else
            {
                OnRead(entry, Step, access, judge);
            }
        }
    }

    /// <summary>Judges a copy that will write at an unknown time, and remembers it as pending.</summary>
    public void OnIssue(nuint first, int count, in ShadowAccess access, byte* memory, RaceJudge judge)
    {
        long pending = access.Mine | ((long)AccessRecord.Pending << AccessRecord.TimeShift);
        if (count == Step)
        {
            Vector256<long> high = Vector256.Create(access.High);
            Vector256<long> latest = Vector256.Max(Vector256.Load(_writes + first), Vector256.Load(_reads + first));
            if (Vector256.LessThanAll(latest, high))
            {
                Vector256.Create(pending).Store(_writes + first);
                Vector256.Create(access.Detail).Store(_writeDetails + first);
                return;
            }
        }

        OnWrite(first, count, access, memory, null, judge);
        new Span<long>(_writes + first, count).Fill(pending);
    }

    /// <summary>Remembers one thread's write without judging it.</summary>
    public void Fill(nuint first, int count, long record, long detail)
    {
        new Span<long>(_writes + first, count).Fill(record);
        new Span<long>(_writeDetails + first, count).Fill(detail);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_writes);
        NativeMemory.Free(_writeDetails);
        NativeMemory.Free(_reads);
        NativeMemory.Free(_readDetails);
    }

    // Other lanes or warps have read since the last barrier: they stay on record beside the new ones.
    private void Merge(nuint entry, Vector256<long> mine, Vector256<long> reads, Vector256<long> isNow, Vector256<long> detail)
    {
        Vector256<long> details = Vector256.Load(_readDetails + entry);
        Vector256<long> laneMask = Vector256.Create(AccessRecord.LaneMask);
        Vector256<long> warpMask = Vector256.Create(AccessRecord.WarpMask);
        Vector256<long> several = Vector256.Create((long)AccessRecord.Several);
        Vector256<long> differences = reads ^ mine;
        Vector256<long> isSameSync = Vector256.Equals((details ^ detail) & Vector256.Create(AccessDetail.LaneClockMask), Vector256<long>.Zero) & isNow;
        Vector256<long> manyLanes = ~Vector256.Equals(differences & laneMask, Vector256<long>.Zero) & isSameSync;
        Vector256<long> manyWarps = ~Vector256.Equals(differences & warpMask, Vector256<long>.Zero) & isNow;
        Vector256<long> merged = Vector256.ConditionalSelect(manyLanes, (mine & ~laneMask) | several, mine);
        merged = Vector256.ConditionalSelect(manyWarps, (merged & ~warpMask) | (several << AccessRecord.WarpShift), merged);
        merged.Store(_reads + entry);
        (detail | (details & isNow & Vector256.Create(AccessDetail.WarpsMask))).Store(_readDetails + entry);
    }

    private bool Same(byte* memory, byte* values, int entry)
    {
        int bytes = 1 << Shift;
        return values is not null
            && new ReadOnlySpan<byte>(memory + (entry << Shift), bytes).SequenceEqual(new ReadOnlySpan<byte>(values + (entry << Shift), bytes));
    }

    private static long* Allocate(nuint entries) => (long*)NativeMemory.AllocZeroed(entries, sizeof(long));
}
