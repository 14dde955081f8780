using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Memory;

/// <summary>The checks of one worker: what its current block's lanes and warps do to memory and to each other.</summary>
internal sealed unsafe partial class AccessChecker
{
    private readonly LaunchMemory _launch;
    private readonly RaceJudge _judge;
    private readonly bool _watchesBlocks;
    private readonly HashSet<long> _before = [];
    private readonly Dictionary<ulong, int> _seen = [];
    private bool _hasFence;
    private long _block;
    private int _serial;

    /// <summary>Creates the checks.</summary>
    /// <param name="launch">The launch.</param>
    public AccessChecker(LaunchMemory launch)
    {
        _launch = launch;
        _serial = launch.FirstSerial - 1;
        _judge = new RaceJudge(launch, Clocks);
        bool hasReadOnly = launch.Kernel.Instructions.Any(op => op.Order == MemoryOrder.NonCoherent);
        _watchesBlocks = (launch.Checks.HasFlag(Checks.Races) && launch.Kernel.Grid.Count > 1)
            || (launch.Checks.HasFlag(Checks.ReadOnly) && hasReadOnly);
    }

    /// <summary>Who has waited for whom in the block.</summary>
    public WarpClocks Clocks { get; } = new();

    /// <summary>The worker's memory.</summary>
    public RegionTable Regions { get; private set; } = null!;

    /// <summary>Tells the checks which memory they watch.</summary>
    public void Attach(RegionTable regions) => Regions = regions;

    /// <summary>Starts a block.</summary>
    public void BeginBlock(long block)
    {
        _block = block;
        _serial = _serial == AccessRecord.LastSerial ? 1 : _serial + 1;
        _hasFence = false;
        _before.Clear();
        _seen.Clear();
        _judge.BeginBlock(block);
        Clocks.Begin(_launch.Kernel.Warps);
    }

    /// <summary>A warp came to a barrier.</summary>
    public void Arrive(int barrier, int warp) => Clocks.Arrive(barrier, warp);

    /// <summary>A barrier is complete.</summary>
    public void Complete(int barrier, uint waiting) => Clocks.Complete(barrier, waiting);

    /// <summary>Lanes are about to read.</summary>
    public void Read(MemoryInstruction op, int warp, in Segment segment)
    {
        if (op.UsedBytes != uint.MaxValue)
        {
            ReadUsed(op, warp, segment);
            return;
        }

        ReadAll(op, warp, segment);
    }

    /// <summary>All lanes together are about to read rows of shared memory.</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="warp">The warp.</param>
    /// <param name="region">The block's shared memory.</param>
    /// <param name="offsets">The first byte of each row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    public void ReadSharedRows(MemoryInstruction op, int warp, MemoryRegion region, ulong* offsets, int rows, int rowBytes)
    {
        if (region.Shadow is not { } shadow)
        {
            return;
        }

        _judge.Consider(op, region, warp);
        ShadowAccess access = Describe(op.Index, warp, new Segment(region, 0, AccessRecord.Several, 1, rowBytes), shadow);
        int count = Entries(rowBytes, shadow.Shift);
        if (count == RaceShadow.Step)
        {
            shadow.OnReadRows(offsets, rows, access, _judge);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            shadow.OnRead((nuint)offsets[row] >> shadow.Shift, count, access, _judge);
        }
    }

    /// <summary>Lanes are about to write.</summary>
    public void Write(MemoryInstruction op, int warp, in Segment segment, byte* values)
    {
        MemoryRegion region = segment.Region;
        if (region.Written is not null)
        {
            Unsafe.InitBlockUnaligned(region.Written + segment.Offset, 0xff, (uint)segment.ByteCount);
        }

        if (region.Shadow is not { } shadow)
        {
            return;
        }

        if (op.Order == MemoryOrder.Strong)
        {
            RememberStrong(op, warp, segment);
            return;
        }

        _judge.Consider(op, region, warp);
        nuint first = segment.Offset >> shadow.Shift;
        int count = Entries(segment.ByteCount, shadow.Shift);
        shadow.OnWrite(first, count, Describe(op.Index, warp, segment, shadow), segment.Host, values, _judge);
        if (_watchesBlocks && region.Launch is { } launch && !IsOrdered(launch, first, count, isWrite: true))
        {
            launch.OnWrite(first, count, LaunchAccess(op, warp, segment, shadow), values);
        }
    }

    /// <summary>A lane is about to change memory atomically.</summary>
    public void Atomic(MemoryInstruction op, int warp, in Segment segment)
    {
        CheckWritten(op, warp, segment);
        if (segment.Region.Shadow is not null)
        {
            RememberStrong(op, warp, segment);
            if (op.OldValue >= 0)
            {
                Acquire(segment);
            }
        }
    }

    private void ReadAll(MemoryInstruction op, int warp, in Segment segment)
    {
        CheckWritten(op, warp, segment);
        MemoryRegion region = segment.Region;
        if (region.Shadow is not { } shadow)
        {
            return;
        }

        _judge.Consider(op, region, warp);
        nuint first = segment.Offset >> shadow.Shift;
        int count = Entries(segment.ByteCount, shadow.Shift);
        ShadowAccess access = Describe(op.Index, warp, segment, shadow);
        if (op.Order == MemoryOrder.Strong)
        {
            for (int i = 0; i < count && shadow.KnowsWrites; i++)
            {
                _judge.CheckWritten(shadow, first + (nuint)i, access.At(i));
            }

            Acquire(segment);
            return;
        }

        shadow.OnRead(first, count, access, _judge);
        if (_watchesBlocks && region.Launch is { } launch && !IsOrdered(launch, first, count, isWrite: false))
        {
            launch.OnRead(first, count, LaunchAccess(op, warp, segment, shadow), op.Order == MemoryOrder.NonCoherent);
        }
    }

    // Only some bytes of the vector matter to the program: each element that has one counts as read by itself.
    private void ReadUsed(MemoryInstruction op, int warp, in Segment segment)
    {
        uint elementMask = op.ElementBytes == 32 ? uint.MaxValue : (1u << op.ElementBytes) - 1;
        for (int lane = 0; lane < segment.Lanes; lane++)
        {
            for (int element = 0; element < op.ElementCount; element++)
            {
                int start = element * op.ElementBytes;
                if ((op.UsedBytes >> start & elementMask) != 0)
                {
                    nuint offset = segment.Offset + (nuint)((lane * segment.LaneBytes) + start);
                    ReadAll(op, warp, new Segment(segment.Region, offset, segment.Lane == AccessRecord.Several ? segment.Lane : segment.Lane + lane, 1, op.ElementBytes));
                }
            }
        }
    }

    private void CheckWritten(MemoryInstruction op, int warp, in Segment segment)
    {
        byte* written = segment.Region.Written;
        if (written is null || AllSet(written + segment.Offset, segment.ByteCount) || !_launch.Checks.HasFlag(Checks.Initialised))
        {
            return;
        }

        int bad = new ReadOnlySpan<byte>(written + segment.Offset, segment.ByteCount).IndexOf((byte)0);
        int lane = segment.Lane == AccessRecord.Several ? 0 : segment.Lane + (bad / segment.LaneBytes);
        _launch.Findings.Report(
            FindingKind.NeverWritten,
            $"reads {segment.Region.Describe(segment.Offset + (nuint)bad)}, which nothing wrote.",
            _block,
            warp,
            lane,
            op.Index);
    }

    private static bool AllSet(byte* flags, int count)
    {
        Vector256<byte> all = Vector256<byte>.AllBitsSet;
        int i = 0;
        for (; i <= count - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            all &= Vector256.Load(flags + i);
        }

        byte rest = 0xff;
        for (; i < count; i++)
        {
            rest &= flags[i];
        }

        return rest == 0xff && all == Vector256<byte>.AllBitsSet;
    }

    // Volatile stores and atomic operations: written, but never part of a race with their like.
    private void RememberStrong(MemoryInstruction op, int warp, in Segment segment)
    {
        RaceShadow shadow = segment.Region.Shadow!;
        _judge.Consider(op, segment.Region, warp);
        ShadowAccess access = Describe(op.Index, warp, segment, shadow);
        nuint first = segment.Offset >> shadow.Shift;
        int count = Entries(segment.ByteCount, shadow.Shift);
        for (int i = 0; i < count; i++)
        {
            if (op.Atomic != AtomicOperation.None && shadow.KnowsWrites)
            {
                _judge.CheckWritten(shadow, first + (nuint)i, access.At(i));
            }

            _judge.Atomic(shadow, first + (nuint)i, access.At(i), access);
        }

        if (_watchesBlocks && _hasFence && segment.Region.Space == MemorySpace.Global)
        {
            _launch.Order.Release(segment.Region.Address + segment.Offset, _block);
        }
    }

    private ShadowAccess Describe(int instruction, int warp, in Segment segment, RaceShadow shadow)
    {
        long block = (long)_serial << AccessRecord.SerialShift;
        return new ShadowAccess(
            shadow.KnowsWrites ? block | (1L << AccessRecord.TimeShift) : 0,
            block | ((long)(Clocks.Safe(warp) + 1) << AccessRecord.TimeShift),
            AccessRecord.Create(_serial, Clocks.Own(warp), warp, segment.Lane),
            AccessDetail.Create(warp, Clocks.Lanes(warp), instruction),
            LaneShift(segment, shadow),
            segment.Lanes == 1);
    }

    private LaunchAccess LaunchAccess(MemoryInstruction op, int warp, in Segment segment, RaceShadow shadow) => new(
        Memory.LaunchAccess.Create(_block, (warp * 32) + segment.NamedLane, op.Index), LaneShift(segment, shadow), segment.Lanes == 1);

    private static int LaneShift(in Segment segment, RaceShadow shadow) => Math.Max(int.Log2(segment.LaneBytes) - shadow.Shift, 0);

    private static int Entries(int bytes, int shift) => (bytes + (1 << shift) - 1) >> shift;
}
