using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Memory;

/// <summary>
/// A worker's memory. An instruction's lanes are cut into segments, lanes whose bytes follow each other; each is resolved to a
/// region, shown to the observer, and moved at once.
/// </summary>
/// <typeparam name="TObserver">Who looks on.</typeparam>
internal sealed unsafe partial class ObservedMemory<TObserver> : BlockMemory, IObservingMemory
    where TObserver : struct, IAccessObserver
{
    private const int Lanes = 32;
    private const int LargestLane = 32;

    private readonly LaunchMemory _launch;
    private readonly TObserver _observer;
    private readonly RegionTable _regions;
    private readonly ulong* _addresses = (ulong*)NativeMemory.AlignedAlloc(Lanes * sizeof(ulong) * 2, 64);
    private readonly byte* _packed = (byte*)NativeMemory.AlignedAlloc(Lanes * LargestLane, 64);
    private readonly AsyncCopyQueue[] _copies;
    private long _block;

    /// <summary>Creates the memory.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="observer">Who looks on.</param>
    public ObservedMemory(LaunchMemory launch, TObserver observer)
    {
        (_launch, _observer) = (launch, observer);
        _regions = new RegionTable(launch, observer.Checker is not null);
        _copies = [.. Enumerable.Range(0, launch.Kernel.Warps).Select(_ => new AsyncCopyQueue())];
        observer.Checker?.Attach(_regions);
    }

    /// <inheritdoc/>
    public RegionTable Regions => _regions;

    /// <inheritdoc/>
    public AccessChecker? Checker => _observer.Checker;

    /// <inheritdoc/>
    public Counters.AccessCounter? Counter => _observer.Counter;

    /// <inheritdoc/>
    public override void BeginBlock(long block)
    {
        _block = block;
        _regions.BeginBlock();
        _observer.Checker?.BeginBlock(block);
    }

    /// <inheritdoc/>
    public override void EndBlock()
    {
        // Copies that nobody waited for are harmless by themselves: hardware completes them, and nobody is left to see it.
        foreach (AsyncCopyQueue queue in _copies)
        {
            queue.Clear();
        }
    }

    /// <inheritdoc/>
    public override void Load(MemoryInstruction op, byte* registers, int warp, uint mask)
    {
        ulong* addresses = _addresses;
        int laneBytes = op.LaneBytes;
        LaneAddresses.Compute(registers, op.Address, op.AddressIsWide, op.Offset, addresses);
        _observer.Request(op, op.Space, mask, addresses, laneBytes);
        if (mask == uint.MaxValue && LaneAddresses.AreContiguous(addresses, laneBytes) && !IsLocal(op, addresses[0]))
        {
            LoadRun(op, registers, warp, 0, Lanes, addresses[0], laneBytes);
            return;
        }

        if (LaneAddresses.AreEqual(addresses, mask) && !IsLocal(op, addresses[int.TrailingZeroCount((int)mask)]))
        {
            LoadShared(op, registers, warp, mask, addresses[int.TrailingZeroCount((int)mask)], laneBytes);
            return;
        }

        if (TryLoadScattered(op, registers, mask))
        {
            return;
        }

        for (int lane = int.TrailingZeroCount((int)mask); lane < Lanes;)
        {
            int run = IsLocal(op, addresses[lane]) ? 1 : LaneAddresses.RunLength(addresses, mask, lane, laneBytes);
            LoadRun(op, registers, warp, lane, run, addresses[lane], laneBytes);
            lane = NextLane(mask, lane + run);
        }
    }

    /// <inheritdoc/>
    public override void Store(MemoryInstruction op, byte* registers, int warp, uint mask)
    {
        ulong* addresses = _addresses;
        int laneBytes = op.LaneBytes;
        LaneAddresses.Compute(registers, op.Address, op.AddressIsWide, op.Offset, addresses);
        _observer.Request(op, op.Space, mask, addresses, laneBytes);
        if (mask == uint.MaxValue && LaneAddresses.AreContiguous(addresses, laneBytes) && !IsLocal(op, addresses[0]))
        {
            StoreRun(op, registers, warp, 0, Lanes, addresses[0], laneBytes);
            return;
        }

        if (TryStoreScattered(op, registers, mask))
        {
            return;
        }

        for (int lane = int.TrailingZeroCount((int)mask); lane < Lanes;)
        {
            int run = IsLocal(op, addresses[lane]) ? 1 : LaneAddresses.RunLength(addresses, mask, lane, laneBytes);
            StoreRun(op, registers, warp, lane, run, addresses[lane], laneBytes);
            lane = NextLane(mask, lane + run);
        }
    }

    /// <inheritdoc/>
    public override void SyncWarp(int warp, uint mask, uint live) => _observer.Checker?.Clocks.SyncLanes(warp);

    /// <inheritdoc/>
    public override void ArriveAtBarrier(int barrier, int warp) => _observer.Checker?.Arrive(barrier, warp);

    /// <inheritdoc/>
    public override void CompleteBarrier(int barrier, uint waitingWarps) => _observer.Checker?.Complete(barrier, waitingWarps);

    /// <inheritdoc/>
    public override void ExitWarp(int warp) => _observer.Checker?.Clocks.Exit(warp);

    /// <inheritdoc/>
    public override void Fence(int warp, uint mask) => _observer.Checker?.Fence();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_addresses);
        NativeMemory.AlignedFree(_packed);
        _regions.Dispose();
        foreach (AsyncCopyQueue queue in _copies)
        {
            queue.Dispose();
        }
    }

    private static bool IsLocal(MemoryInstruction op, ulong address) => op.Space == MemorySpace.Local
        || (op.Space == MemorySpace.Generic && AddressWindows.Classify(address) == MemorySpace.Local);

    private static int NextLane(uint mask, int lane) => lane >= Lanes ? Lanes : lane + int.TrailingZeroCount((int)(mask >> lane));

    private void LoadRun(MemoryInstruction op, byte* registers, int warp, int lane, int lanes, ulong address, int laneBytes)
    {
        if (Resolve(op, warp, lane, lanes, address, laneBytes, out Segment segment))
        {
            _observer.Read(op, warp, segment);
            LaneMover.Load(op, registers, lane, lanes, segment.Host);
            return;
        }

        for (int i = lane; i < lane + lanes; i++)
        {
            ulong one = address + (ulong)((i - lane) * laneBytes);
            if (Resolve(op, warp, i, 1, one, laneBytes, out segment))
            {
                _observer.Read(op, warp, segment);
                LaneMover.Load(op, registers, i, 1, segment.Host);
            }
            else
            {
                Refuse(op, warp, i, one, laneBytes, "reads");
                LaneMover.Clear(op, registers, i);
            }
        }
    }

    // All active lanes read the same bytes.
    private void LoadShared(MemoryInstruction op, byte* registers, int warp, uint mask, ulong address, int laneBytes)
    {
        int first = int.TrailingZeroCount((int)mask);
        if (!Resolve(op, warp, first, 1, address, laneBytes, out Segment segment))
        {
            Refuse(op, warp, first, address, laneBytes, "reads");
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                LaneMover.Clear(op, registers, int.TrailingZeroCount((int)rest));
            }

            return;
        }

        bool isAlone = (mask & (mask - 1)) == 0;
        _observer.Read(op, warp, isAlone ? segment : segment with { Lane = AccessRecord.Several });
        LaneMover.Broadcast(op, registers, mask, segment.Host);
    }

    private void StoreRun(MemoryInstruction op, byte* registers, int warp, int lane, int lanes, ulong address, int laneBytes)
    {
        byte* values = LaneMover.Pack(op, registers, lane, lanes, _packed);
        if (Resolve(op, warp, lane, lanes, address, laneBytes, out Segment segment) && !segment.Region.IsReadOnly)
        {
            _observer.Write(op, warp, segment, values);
            Unsafe.CopyBlockUnaligned(segment.Host, values, (uint)segment.ByteCount);
            return;
        }

        for (int i = 0; i < lanes; i++)
        {
            ulong one = address + (ulong)(i * laneBytes);
            if (!Resolve(op, warp, lane + i, 1, one, laneBytes, out segment))
            {
                Refuse(op, warp, lane + i, one, laneBytes, "writes");
            }
            else if (segment.Region.IsReadOnly)
            {
                RefuseReadOnly(op, warp, segment);
            }
            else
            {
                _observer.Write(op, warp, segment, values + (i * laneBytes));
                Unsafe.CopyBlockUnaligned(segment.Host, values + (i * laneBytes), (uint)laneBytes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Resolve(MemoryInstruction op, int warp, int lane, int lanes, ulong address, int laneBytes, out Segment segment)
    {
        MemorySpace space = op.Space;
        if (space == MemorySpace.Generic)
        {
            space = AddressWindows.Classify(address);
            address -= AddressWindows.Base(space);
        }

        return Resolve(space, warp, lane, lanes, address, laneBytes, laneBytes, out segment);
    }

    private bool Resolve(
        MemorySpace space, int warp, int lane, int lanes, ulong address, int laneBytes, int alignment, out Segment segment)
    {
        MemoryRegion? region = space switch
        {
            MemorySpace.Shared => _regions.Shared,
            MemorySpace.Local => _regions.Local(warp, lane),
            MemorySpace.Parameter => _regions.Parameters,
            _ => _regions.Find(address),
        };
        if (region is not null)
        {
            nuint offset = (nuint)(address - region.Address);
            var bytes = (nuint)(lanes * laneBytes);
            if (offset <= region.ByteCount && bytes <= region.ByteCount - offset && (address & (ulong)(alignment - 1)) == 0)
            {
                segment = new Segment(region, offset, lane, lanes, laneBytes);
                return true;
            }
        }

        segment = default;
        return false;
    }
}
