using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Memory;

/// <summary>
/// An access as the launch remembers it, from the top: number of the block plus 1 (32 bits), two flags, thread in the block (10),
/// instruction (16).
/// </summary>
/// <param name="First">The record of the access's first lane.</param>
/// <param name="LaneShift">Entries per lane, as a shift.</param>
/// <param name="IsOneLane">Whether all entries carry the same lane.</param>
internal readonly record struct LaunchAccess(long First, int LaneShift, bool IsOneLane)
{
    /// <summary>Shift of the block.</summary>
    public const int BlockShift = 28;

    /// <summary>Reads: several blocks read. Writes: several blocks wrote.</summary>
    public const long Several = 1 << 27;

    /// <summary>Reads: one of them was <c>ld.global.nc</c>. Writes: not all values were the same.</summary>
    public const long Special = 1 << 26;

    private const int ThreadShift = 16;

    /// <summary>Builds a record.</summary>
    public static long Create(long block, int thread, int instruction) =>
        ((block + 1) << BlockShift) | ((long)thread << ThreadShift) | (long)(ushort)instruction;

    /// <summary>Number of the block.</summary>
    public static long Block(long record) => (record >> BlockShift) - 1;

    /// <summary>The thread in its block.</summary>
    public static int Thread(long record) => (int)(record >> ThreadShift) & 0x3ff;

    /// <summary>Number of the instruction.</summary>
    public static int Instruction(long record) => (int)record & 0xffff;

    /// <summary>The record of an entry.</summary>
    public long At(int entry) => IsOneLane ? First : First + ((long)(entry >> LaneShift) << ThreadShift);
}

/// <summary>
/// Which block of a launch first read and first wrote every 4 bytes (or 2, or 1) of a buffer. Blocks are not ordered with each
/// other, so that is all that a race between blocks depends on, and it can be put together from what each worker saw.
/// </summary>
internal sealed unsafe class LaunchShadow : IDisposable
{
    private readonly long* _reads;
    private readonly long* _writes;
    private readonly uint* _values;
    private nuint _firstRead = nuint.MaxValue;
    private nuint _endRead;

    /// <summary>Creates the shadow.</summary>
    /// <param name="byteCount">Bytes of the buffer.</param>
    /// <param name="shift">Bytes per entry, as a shift.</param>
    public LaunchShadow(nuint byteCount, int shift)
    {
        Shift = shift;
        EntryCount = (byteCount + (nuint)((1 << shift) - 1)) >> shift;
        _reads = (long*)NativeMemory.AllocZeroed(EntryCount + 4, sizeof(long));
        _writes = (long*)NativeMemory.AllocZeroed(EntryCount + 4, sizeof(long));
        _values = (uint*)NativeMemory.AllocZeroed(EntryCount + 4, sizeof(uint));
    }

    /// <summary>Bytes per entry, as a shift.</summary>
    public int Shift { get; }

    /// <summary>Bytes of the shadow itself.</summary>
    public long ByteCount => (long)(EntryCount + 4) * ((2 * sizeof(long)) + sizeof(uint));

    /// <summary>Number of entries.</summary>
    public nuint EntryCount { get; }

    /// <summary>First entry that was written; <see cref="EntryCount"/> when none was.</summary>
    public nuint FirstWritten { get; private set; } = nuint.MaxValue;

    /// <summary>Last entry that was written, plus 1.</summary>
    public nuint EndWritten { get; private set; }

    /// <summary>Byte offset of an entry.</summary>
    public nuint Offset(nuint entry) => entry << Shift;

    /// <summary>The first read of an entry, or 0.</summary>
    public long Read(nuint entry) => _reads[entry];

    /// <summary>The first write of an entry, or 0.</summary>
    public long Write(nuint entry) => _writes[entry];

    /// <summary>The value last written to an entry.</summary>
    public uint Value(nuint entry) => _values[entry];

    /// <summary>Remembers a read.</summary>
    public void OnRead(nuint first, int count, in LaunchAccess access, bool isNonCoherent)
    {
        _firstRead = nuint.Min(_firstRead, first);
        _endRead = nuint.Max(_endRead, first + (nuint)count);
        Vector256<long> block = Vector256.Create(access.First >> LaunchAccess.BlockShift);
        Vector256<long> several = Vector256.Create(LaunchAccess.Several);
        long special = isNonCoherent ? LaunchAccess.Special : 0;
        Vector256<long> needed = Vector256.Create(special);
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            Vector256<long> old = Vector256.Load(_reads + first + i);
            Vector256<long> isKnown = Vector256.Equals(old >> LaunchAccess.BlockShift, block) | Vector256.Equals(old & several, several);
            if ((isKnown & Vector256.Equals(old & needed, needed)) != Vector256<long>.AllBitsSet)
            {
                for (int j = i; j < i + 4; j++)
                {
                    Remember(ref _reads[first + (nuint)j], access.At(j), special);
                }
            }
        }

        for (; i < count; i++)
        {
            Remember(ref _reads[first + (nuint)i], access.At(i), special);
        }
    }

    /// <summary>Whether all that an entry saw of other blocks was done by one of them that is known to be over.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="block">The block that asks.</param>
    /// <param name="before">The blocks that are over.</param>
    /// <param name="isWrite">Whether it is to write: then reads count too.</param>
    public bool IsOver(nuint entry, long block, HashSet<long> before, bool isWrite)
    {
        return IsOver(_writes[entry]) && (!isWrite || IsOver(_reads[entry]));

        bool IsOver(long record) => record != 0 && (record & LaunchAccess.Several) == 0
            && (LaunchAccess.Block(record) == block || before.Contains(LaunchAccess.Block(record)));
    }

    /// <summary>Remembers a write.</summary>
    public void OnWrite(nuint first, int count, in LaunchAccess access, byte* values)
    {
        FirstWritten = nuint.Min(FirstWritten, first);
        EndWritten = nuint.Max(EndWritten, first + (nuint)count);
        for (int i = 0; i < count; i++)
        {
            nuint entry = first + (nuint)i;
            uint value = Shift switch
            {
                2 => ((uint*)values)[i],
                1 => ((ushort*)values)[i],
                _ => values[i],
            };
            long old = _writes[entry];
            if (old == 0)
            {
                _writes[entry] = access.At(i);
            }
            else
            {
                Remember(ref _writes[entry], access.At(i), _values[entry] != value ? LaunchAccess.Special : 0);
            }

            _values[entry] = value;
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (_endRead > 0)
        {
            NativeMemory.Clear(_reads + _firstRead, (_endRead - _firstRead) * sizeof(long));
        }

        if (EndWritten > 0)
        {
            NativeMemory.Clear(_writes + FirstWritten, (EndWritten - FirstWritten) * sizeof(long));
        }

        (_firstRead, _endRead, FirstWritten, EndWritten) = (nuint.MaxValue, 0, nuint.MaxValue, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_reads);
        NativeMemory.Free(_writes);
        NativeMemory.Free(_values);
    }

    private static void Remember(ref long record, long mine, long special)
    {
        long old = record == 0 ? mine : record;
        bool isOther = old >> LaunchAccess.BlockShift != mine >> LaunchAccess.BlockShift;
        record = old | special | (isOther ? LaunchAccess.Several : 0);
    }
}
