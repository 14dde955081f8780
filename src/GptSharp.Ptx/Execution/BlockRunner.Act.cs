using System.Numerics;
using GptSharp.Ptx.Execution.Decoding;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// Steps that do more than compute: they touch memory, other lanes or the course of the warp.
internal sealed unsafe partial class BlockRunner
{
    // True when the split goes on with the next step; false when the warp must choose anew.
    private bool Act(Warp warp, Instruction* i, byte* r, uint mask)
    {
        switch (i->Operation)
        {
            case Operation.Divide:
                Divide(warp, i, r, mask);
                return true;
            case Operation.Clock:
                Clock(warp, i, r);
                return true;
            case Operation.Atomic:
                _memory.Atomic(_program.Memory[i->Detail], r, warp.Number, mask);
                return true;
            case Operation.CopyAsync:
                _memory.CopyAsync(_program.Memory[i->Detail], r, warp.Number, mask);
                return true;
            case Operation.CommitCopies:
                _memory.CommitCopies(warp.Number, mask);
                return true;
            case Operation.WaitCopies:
                _memory.WaitCopies(warp.Number, mask, i->Control);
                return true;
            case Operation.Fence:
                _memory.Fence(warp.Number, mask);
                return true;
            case Operation.Matrix:
                NeedWholeWarp(warp, mask);
                MatrixStep matrix = _program.Matrices[i->Detail];
                matrix.Operation.Function(r, matrix.Registers, null, matrix.Operation.Control);
                return true;
            case Operation.LoadRows:
                MoveRows(warp, i, r, mask, isLoad: true);
                return true;
            case Operation.StoreRows:
                MoveRows(warp, i, r, mask, isLoad: false);
                return true;
            case Operation.Shuffle or Operation.ShuffleFixed:
                Shuffle(warp, i, r, mask);
                return true;
            case Operation.Vote:
                Vote(warp, i, r, mask);
                return true;
            case Operation.Match:
                Match(warp, i, r, mask);
                return true;
            case Operation.Reduce:
                Reduce(warp, i, r, mask);
                return true;
            case Operation.Elect:
                Elect(warp, i, r, mask);
                return true;
            case Operation.ActiveMask:
                Give(r, i->D, mask, mask);
                return true;
            case Operation.Nothing:
                return true;
            case Operation.SyncWarp:
                return SyncWarp(warp, i, r, mask);
            case Operation.Barrier:
                return ArriveAtBarrier(warp, i, r, mask);
            case Operation.BranchIndexed:
                BranchIndexed(warp, i, r, mask);
                return false;
            case Operation.Exit:
                return Exit(warp, mask);
            case Operation.Return:
                warp.End(warp.Current);
                return false;
            case Operation.Call:
                Call(warp, i, mask);
                return false;
            case Operation.CallIndirect:
                CallIndirect(warp, i, r, mask);
                return false;
            case Operation.Trap:
                string trap = i->Control == FunctionDecoder.FailedAssertion ? "An assertion of the program failed." : "The program trapped.";
                Fail(warp, FindingKind.Trap, trap, mask);
                return false;
            case Operation.Unsupported:
                Fail(warp, FindingKind.Unsupported, $"column {_program.Column((int)(i - _program.Code))}: {_program.Reasons[i->Detail]}", mask);
                return false;
            default:
                throw new InvalidOperationException($"The interpreter lacks {i->Operation}.");
        }
    }

    private void Divide(Warp warp, Instruction* i, byte* r, uint mask)
    {
        if (_launch.ChecksDivision)
        {
            uint zeros = mask & i->Detail switch
            {
                8 => LaneMoves.Zeros64(r + i->B),
                2 => LaneMoves.Zeros32(r + i->B, 0xffff),
                _ => LaneMoves.Zeros32(r + i->B, uint.MaxValue),
            };
            if (zeros != 0)
            {
                Report(warp, FindingKind.Division, "An integer is divided by zero.", zeros);
            }
        }

        i->Function(_scratch, r + i->A, r + i->B, r + i->C, r + i->E, i->Control);
        Merge(i, r, _scratch, mask);
    }

    private static void Clock(Warp warp, Instruction* i, byte* r)
    {
        for (int lane = 0; lane < WarpSize.Lanes; lane++)
        {
            if (i->DestinationBytes == 8)
            {
                ((ulong*)(r + i->D))[lane] = (ulong)warp.Steps;
            }
            else
            {
                ((uint*)(r + i->D))[lane] = i->Control == 1 ? (uint)(warp.Steps >> 32) : (uint)warp.Steps;
            }
        }
    }

    // One value for all lanes of a mask.
    private static void Give(byte* r, int place, uint value, uint mask)
    {
        uint* lanes = (uint*)(r + place);
        if (mask == WarpSize.Full)
        {
            new Span<uint>(lanes, WarpSize.Lanes).Fill(value);
            return;
        }

        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            lanes[BitOperations.TrailingZeroCount(rest)] = value;
        }
    }

    private static void GivePredicate(byte* r, int place, uint values, uint mask)
    {
        if (place >= 0)
        {
            uint* predicate = (uint*)(r + place);
            *predicate = (*predicate & ~mask) | (values & mask);
        }
    }
}
