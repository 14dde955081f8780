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

        AsyncCopy copy = _copies[warp].Create();
        (copy.Instruction, copy.LaneBytes) = (op.Index, bytes);
        copy.Mask = ResolveTargets(op, warp, mask, targets, copy);
        copy.Mask = ResolveSources(op, registers, warp, copy.Mask, sources, copy);
        if (_observer.Checker is { } checker)
        {
            checker.IssueCopies(op, warp, _regions.Shared, copy);
            _copies[warp].Add(copy);
            return;
        }

        for (uint rest = copy.Mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            AsyncCopies.Move(_regions.Shared.Host + copy.Targets[lane], copy.Sources[lane], copy.BytesRead[lane], bytes);
        }

        _copies[warp].Release(copy);
    }

    /// <inheritdoc/>
    public override void CommitCopies(int warp, uint mask) => _copies[warp].Commit(mask);

    /// <inheritdoc/>
    public override void WaitCopies(int warp, uint mask, int pending)
    {
        if (_observer.Checker is { } checker)
        {
            _copies[warp].Wait(mask, pending, warp, checker);
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

    // The lanes whose targets lie in shared memory; the others are refused.
    private uint ResolveTargets(MemoryInstruction op, int warp, uint mask, ulong* addresses, AsyncCopy copy)
    {
        ulong end = _regions.Shared.ByteCount;
        var bytes = (ulong)op.ElementBytes;
        uint good = 0;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            ulong address = addresses[lane];
            if (bytes <= end && address <= end - bytes && (address & (bytes - 1)) == 0)
            {
                copy.Targets[lane] = address;
                good |= 1u << lane;
            }
            else
            {
                Refuse(MemorySpace.Shared, op.Index, warp, lane, address, (int)bytes, (int)bytes, "copies to");
            }
        }

        return good;
    }

    // The lanes whose sources exist; lanes whose sources follow each other are shown to the observer together.
    private uint ResolveSources(MemoryInstruction op, byte* registers, int warp, uint mask, ulong* addresses, AsyncCopy copy)
    {
        int bytes = op.ElementBytes;
        uint good = mask;
        Segment run = default;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            int read = BytesToRead(op, registers, lane);
            copy.BytesRead[lane] = read;
            copy.Sources[lane] = null;
            if (read == 0)
            {
                continue;
            }

            if (!Resolve(MemorySpace.Global, warp, lane, 1, addresses[lane], read, bytes, out Segment origin))
            {
                Refuse(MemorySpace.Global, op.Index, warp, lane, addresses[lane], read, bytes, "copies from");
                good &= ~(1u << lane);
                continue;
            }

            copy.Sources[lane] = origin.Host;
            bool follows = run.Region == origin.Region && read == bytes && run.LaneBytes == bytes
                && lane == run.Lane + run.Lanes && origin.Offset == run.Offset + (nuint)run.ByteCount;
            if (follows)
            {
                run = run with { Lanes = run.Lanes + 1 };
                continue;
            }

            ShowRead(op, warp, run);
            run = origin;
        }

        ShowRead(op, warp, run);
        return good;
    }

    private void ShowRead(MemoryInstruction op, int warp, in Segment run)
    {
        if (run.Region is not null)
        {
            _observer.Read(op, warp, run);
        }
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
