using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Memory;

/// <content>Atomic operations, asynchronous copies, and rows that a whole warp shares.</content>
internal sealed unsafe partial class ObservedMemory<TObserver>
{
    private const int SharedRow = 16;

    /// <inheritdoc/>
    public override void Atomic(MemoryInstruction op, byte* registers, int warp, uint mask)
    {
        LaneAddresses.Compute(registers, op.Address, op.AddressIsWide, op.Offset, _addresses);
        int bytes = op.LaneBytes;
        _observer.Request(op, op.Space, mask, _addresses, bytes);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            if (!Resolve(op, warp, lane, 1, _addresses[lane], bytes, out Segment segment))
            {
                Refuse(op, warp, lane, _addresses[lane], bytes, "changes");
                continue;
            }

            if (segment.Region.IsReadOnly)
            {
                RefuseReadOnly(op, warp, segment);
                continue;
            }

            _observer.Atomic(op, warp, segment);
            for (int element = 0; element < op.Registers.Length; element++)
            {
                AtomicArithmetic.Execute(op, registers, lane, element, segment.Host + (element * op.ElementBytes), segment.Region.Space == MemorySpace.Global);
            }
        }
    }

    /// <inheritdoc/>
    public override void CopyAsync(MemoryInstruction op, byte* registers, int warp, uint mask)
    {
        ulong* targets = _addresses;
        ulong* sources = _addresses + Lanes;
        int bytes = op.ElementBytes;
        LaneAddresses.Compute(registers, op.Address, op.AddressIsWide, op.Offset, targets);
        LaneAddresses.Compute(registers, op.SourceAddress, true, op.SourceOffset, sources);
        if (_observer.Counter is not null)
        {
            _observer.Request(op, MemorySpace.Shared, mask, targets, bytes);
            _observer.Request(op, MemorySpace.Global, Reading(op, registers, mask), sources, bytes);
        }

        for (int lane = int.TrailingZeroCount((int)mask); lane < Lanes;)
        {
            int run = CopyRun(op, registers, warp, mask, lane, targets, sources, out int read);
            if (IssueRun(op, warp, lane, run, targets[lane], sources[lane], read, out Segment target, out byte* source))
            {
                if (_observer.Checker is { } checker)
                {
                    checker.IssueCopy(op, warp, target);
                    _copies[warp].Add(op.Index, target, source, read);
                }
                else
                {
                    Copy(target, source, read);
                }
            }

            lane = NextLane(mask, lane + run);
        }
    }

    /// <inheritdoc/>
    public override void CommitCopies(int warp, uint mask) => _copies[warp].Commit(mask);

    /// <inheritdoc/>
    public override void WaitCopies(int warp, uint mask, int pending)
    {
        if (_observer.Checker is { } checker)
        {
            _copies[warp].Wait(mask, pending, copy => checker.CompleteCopy(warp, copy));
        }
    }

    /// <inheritdoc/>
    public override void ReadRows(MemoryInstruction op, int warp, uint mask, ulong* addresses, int rows, int rowBytes, byte* into)
    {
        _observer.Request(op, op.Space, rows == Lanes ? uint.MaxValue : (1u << rows) - 1, addresses, rowBytes);
        if (op.Space == MemorySpace.Shared && rowBytes == SharedRow && AreSharedRows(addresses, rows))
        {
            ReadSharedRows(op, warp, addresses, rows, into);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            if (ResolveRow(op, warp, row, addresses[row], rowBytes, "reads", out Segment segment))
            {
                _observer.Read(op, warp, segment);
                Unsafe.CopyBlockUnaligned(into + (row * rowBytes), segment.Host, (uint)rowBytes);
            }
            else
            {
                Unsafe.InitBlockUnaligned(into + (row * rowBytes), 0, (uint)rowBytes);
            }
        }
    }

    /// <inheritdoc/>
    public override void WriteRows(MemoryInstruction op, int warp, uint mask, ulong* addresses, int rows, int rowBytes, byte* from)
    {
        _observer.Request(op, op.Space, rows == Lanes ? uint.MaxValue : (1u << rows) - 1, addresses, rowBytes);
        for (int row = 0; row < rows; row++)
        {
            if (ResolveRow(op, warp, row, addresses[row], rowBytes, "writes", out Segment segment))
            {
                _observer.Write(op, warp, segment, from + (row * rowBytes));
                Unsafe.CopyBlockUnaligned(segment.Host, from + (row * rowBytes), (uint)rowBytes);
            }
        }
    }

    // Rows as ldmatrix has them, all of them aligned and inside shared memory.
    private bool AreSharedRows(ulong* addresses, int rows)
    {
        ulong end = _regions.Shared.ByteCount;
        bool good = end >= SharedRow;
        for (int row = 0; row < rows; row++)
        {
            good &= addresses[row] <= end - SharedRow & (addresses[row] & (SharedRow - 1)) == 0;
        }

        return good;
    }

    private void ReadSharedRows(MemoryInstruction op, int warp, ulong* addresses, int rows, byte* into)
    {
        MemoryRegion shared = _regions.Shared;
        _observer.Checker?.ReadSharedRows(op, warp, shared, addresses, rows, SharedRow);
        for (int row = 0; row < rows; row++)
        {
            Vector128.Load(shared.Host + addresses[row]).Store(into + (row * SharedRow));
        }
    }

    private static void Copy(in Segment target, byte* source, int read)
    {
        if (read == target.LaneBytes)
        {
            Unsafe.CopyBlockUnaligned(target.Host, source, (uint)target.ByteCount);
            return;
        }

        Unsafe.CopyBlockUnaligned(target.Host, source, (uint)read);
        Unsafe.InitBlockUnaligned(target.Host + read, 0, (uint)(target.LaneBytes - read));
    }

    // Lanes that copy whole elements side by side, or one lane that fills up with zeros.
    private int CopyRun(
        MemoryInstruction op, byte* registers, int warp, uint mask, int lane, ulong* targets, ulong* sources, out int read)
    {
        int bytes = op.ElementBytes;
        read = BytesToRead(op, registers, lane);
        if (read < bytes || !_copies[warp].IsUniform)
        {
            return 1;
        }

        int run = Math.Min(LaneAddresses.RunLength(targets, mask, lane, bytes), LaneAddresses.RunLength(sources, mask, lane, bytes));
        for (int i = 1; i < run; i++)
        {
            if (BytesToRead(op, registers, lane + i) != bytes)
            {
                return i;
            }
        }

        return run;
    }

    private static int BytesToRead(MemoryInstruction op, byte* registers, int lane) => op.SourceBytesRegister < 0
        ? op.SourceBytes
        : (int)Math.Min(((uint*)(registers + op.SourceBytesRegister))[lane], (uint)op.ElementBytes);

    private static uint Reading(MemoryInstruction op, byte* registers, uint mask)
    {
        uint reading = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            reading |= BytesToRead(op, registers, lane) > 0 ? 1u << lane : 0;
        }

        return reading;
    }

    private bool IssueRun(
        MemoryInstruction op, int warp, int lane, int lanes, ulong to, ulong from, int read, out Segment target, out byte* source)
    {
        int bytes = op.ElementBytes;
        source = null;
        if (!Resolve(MemorySpace.Shared, warp, lane, lanes, to, bytes, bytes, out target))
        {
            int bad = FirstBad(MemorySpace.Shared, warp, lane, lanes, to, bytes);
            Refuse(MemorySpace.Shared, op.Index, warp, lane + bad, to + (ulong)(bad * bytes), bytes, bytes, "copies to");
            return false;
        }

        if (read == 0)
        {
            return true;
        }

        if (!Resolve(MemorySpace.Global, warp, lane, lanes, from, read, bytes, out Segment origin))
        {
            int bad = FirstBad(MemorySpace.Global, warp, lane, lanes, from, read);
            Refuse(MemorySpace.Global, op.Index, warp, lane + bad, from + (ulong)(bad * bytes), read, bytes, "copies from");
            return false;
        }

        _observer.Read(op, warp, origin);
        source = origin.Host;
        return true;
    }

    private int FirstBad(MemorySpace space, int warp, int lane, int lanes, ulong address, int bytes)
    {
        for (int i = 0; i < lanes; i++)
        {
            if (!Resolve(space, warp, lane, 1, address + (ulong)(i * bytes), bytes, bytes, out _))
            {
                return i;
            }
        }

        return 0;
    }

    private bool ResolveRow(MemoryInstruction op, int warp, int row, ulong address, int rowBytes, string verb, out Segment segment)
    {
        const int rowAlignment = 16;
        int alignment = Math.Min(rowBytes, rowAlignment);
        MemorySpace space = op.Space == MemorySpace.Generic ? AddressWindows.Classify(address) : op.Space;
        ulong inSpace = op.Space == MemorySpace.Generic ? address - AddressWindows.Base(space) : address;
        if (!Resolve(space, warp, row % Lanes, 1, inSpace, rowBytes, alignment, out segment))
        {
            Refuse(op.Space, op.Index, warp, row % Lanes, address, rowBytes, alignment, verb);
            return false;
        }

        if (verb == "writes" && segment.Region.IsReadOnly)
        {
            RefuseReadOnly(op, warp, segment);
            return false;
        }

        // Which lanes get which part of a row depends on the instruction; several share it in any case.
        segment = segment with { Lane = AccessRecord.Several };
        return true;
    }
}
