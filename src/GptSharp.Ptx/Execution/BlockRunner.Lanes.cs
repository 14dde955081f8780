using System.Numerics;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// What the lanes of a warp tell each other: shuffles, votes, matches, reductions.
internal sealed unsafe partial class BlockRunner
{
    // The lanes that take part with the lowest lane of "rest": those that name the same mask. Every one that lives must be there.
    private uint Participants(Warp warp, Instruction* i, byte* r, uint mask, ref uint rest)
    {
        uint* named = (uint*)(r + i->E);
        int lane = BitOperations.TrailingZeroCount(rest);
        uint wanted = named[lane];
        uint group = mask & LaneMoves.Equal32((byte*)named, wanted);
        rest &= ~group;
        if (!_launch.ChecksSynchronisation)
        {
            return group;
        }

        uint missing = wanted & warp.Live & ~group;
        if (missing != 0)
        {
            Report(
                warp,
                FindingKind.Synchronisation,
                $"The lanes 0x{wanted:x8} are named, and only 0x{group:x8} of them are here; lane {BitOperations.TrailingZeroCount(missing)} is missing.",
                group);
        }
        else if ((group & ~wanted) != 0)
        {
            uint unnamed = group & ~wanted;
            Report(
                warp,
                FindingKind.Synchronisation,
                $"Lane {BitOperations.TrailingZeroCount(unnamed)} is not among the lanes 0x{wanted:x8} that it names itself.",
                unnamed);
        }

        return group;
    }

    private void Shuffle(Warp warp, Instruction* i, byte* r, uint mask)
    {
        uint rest = mask;
        while (rest != 0)
        {
            _ = Participants(warp, i, r, mask, ref rest);
        }

        uint* a = (uint*)(r + i->A);
        uint* b = (uint*)(r + i->B);
        uint* c = (uint*)(r + i->C);
        uint* result = (uint*)_scratch;
        uint valid = 0;
        uint inactive = 0;
        var mode = (ShuffleMode)i->Control;
        for (rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            int source = ShuffleTable.Source(mode, lane, b[lane], c[lane], out bool inRange);
            valid |= (inRange ? 1u : 0u) << lane;
            inactive |= (mask >> source & 1) == 0 ? 1u << lane : 0;
            result[lane] = a[source];
        }

        if (inactive != 0 && _launch.ChecksSynchronisation)
        {
            int lane = BitOperations.TrailingZeroCount(inactive);
            Report(
                warp,
                FindingKind.Synchronisation,
                $"Lane {lane} reads lane {ShuffleTable.Source(mode, lane, b[lane], c[lane], out _)}, which does not take part.",
                inactive);
        }

        if (mask == WarpSize.Full)
        {
            LaneMoves.Copy32(r + i->D, _scratch);
        }
        else
        {
            Arithmetic.Selection.Merge32((uint*)(r + i->D), result, (uint*)(r + i->D), mask);
        }

        GivePredicate(r, i->Detail, valid, mask);
    }

    private void Vote(Warp warp, Instruction* i, byte* r, uint mask)
    {
        uint votes = *(uint*)(r + i->A);
        uint rest = mask;
        while (rest != 0)
        {
            uint group = Participants(warp, i, r, mask, ref rest);
            uint yes = votes & group;
            switch ((VoteMode)i->Control)
            {
                case VoteMode.Ballot:
                    Give(r, i->D, yes, group);
                    break;
                case VoteMode.All:
                    GivePredicate(r, i->D, yes == group ? uint.MaxValue : 0, group);
                    break;
                case VoteMode.Any:
                    GivePredicate(r, i->D, yes != 0 ? uint.MaxValue : 0, group);
                    break;
                default:
                    GivePredicate(r, i->D, yes == group || yes == 0 ? uint.MaxValue : 0, group);
                    break;
            }
        }
    }

    private void Match(Warp warp, Instruction* i, byte* r, uint mask)
    {
        bool wide = (i->Control & 1) != 0;
        bool all = (i->Control & 2) != 0;
        uint* result = (uint*)_scratch;
        uint agreeing = 0;
        uint rest = mask;
        while (rest != 0)
        {
            uint group = Participants(warp, i, r, mask, ref rest);
            uint left = group;
            while (left != 0)
            {
                uint same = Same(r + i->A, wide, group, BitOperations.TrailingZeroCount(left));
                agreeing |= same == group ? group : 0;
                for (uint lanes = same; lanes != 0; lanes &= lanes - 1)
                {
                    result[BitOperations.TrailingZeroCount(lanes)] = all && same != group ? 0 : same;
                }

                left &= ~same;
            }
        }

        Arithmetic.Selection.Merge32((uint*)(r + i->D), result, (uint*)(r + i->D), mask);
        GivePredicate(r, i->Detail, agreeing, mask);
    }

    private static uint Same(byte* values, bool wide, uint group, int lane)
    {
        uint same = 0;
        for (uint rest = group; rest != 0; rest &= rest - 1)
        {
            int other = BitOperations.TrailingZeroCount(rest);
            bool equal = wide ? ((ulong*)values)[other] == ((ulong*)values)[lane] : ((uint*)values)[other] == ((uint*)values)[lane];
            same |= (equal ? 1u : 0u) << other;
        }

        return same;
    }

    private void Reduce(Warp warp, Instruction* i, byte* r, uint mask)
    {
        uint* values = (uint*)(r + i->A);
        uint* result = (uint*)_scratch;
        uint rest = mask;
        while (rest != 0)
        {
            uint group = Participants(warp, i, r, mask, ref rest);
            uint sum = values[BitOperations.TrailingZeroCount(group)];
            for (uint others = group & (group - 1); others != 0; others &= others - 1)
            {
                sum = Combine((ReduceMode)i->Control, sum, values[BitOperations.TrailingZeroCount(others)]);
            }

            for (uint lanes = group; lanes != 0; lanes &= lanes - 1)
            {
                result[BitOperations.TrailingZeroCount(lanes)] = sum;
            }
        }

        Arithmetic.Selection.Merge32((uint*)(r + i->D), result, (uint*)(r + i->D), mask);
    }

    private static uint Combine(ReduceMode mode, uint a, uint b) => mode switch
    {
        ReduceMode.Add => a + b,
        ReduceMode.MinUnsigned => Math.Min(a, b),
        ReduceMode.MinSigned => (uint)Math.Min((int)a, (int)b),
        ReduceMode.MaxUnsigned => Math.Max(a, b),
        ReduceMode.MaxSigned => (uint)Math.Max((int)a, (int)b),
        ReduceMode.And => a & b,
        ReduceMode.Or => a | b,
        _ => a ^ b,
    };

    private void Elect(Warp warp, Instruction* i, byte* r, uint mask)
    {
        uint rest = mask;
        while (rest != 0)
        {
            uint group = Participants(warp, i, r, mask, ref rest);
            uint leader = group & (uint)-(int)group;
            Give(r, i->D, (uint)BitOperations.TrailingZeroCount(leader), group);
            GivePredicate(r, i->Detail, leader, group);
        }
    }

    // Lanes may come from different places: they stand until all that are named and live have come.
    private bool SyncWarp(Warp warp, Instruction* i, byte* r, uint mask)
    {
        uint* named = (uint*)(r + i->E);
        uint wanted = named[BitOperations.TrailingZeroCount(mask)];
        uint same = mask & LaneMoves.Equal32((byte*)named, wanted);
        if (same != mask || (mask & ~wanted) != 0)
        {
            if (_launch.ChecksSynchronisation)
            {
                Report(warp, FindingKind.Synchronisation, $"The lanes 0x{mask:x8} come to bar.warp.sync with different masks, or with one (0x{wanted:x8}) that does not name them.", mask);
            }

            return true;
        }

        uint here = mask;
        for (int split = 0; split < warp.SplitCount; split++)
        {
            if (warp.Splits[split].State == SplitState.AtWarpBarrier && warp.Splits[split].Barrier == wanted)
            {
                here |= warp.Splits[split].Mask;
            }
        }

        if ((wanted & warp.Live & ~here) == 0)
        {
            ReleaseWarpBarrier(warp, wanted);
            _memory.SyncWarp(warp.Number, here, warp.Live);
            return true;
        }

        warp.Splits[warp.Current].State = SplitState.AtWarpBarrier;
        warp.Splits[warp.Current].Barrier = wanted;
        warp.Splits[warp.Current].Step = warp.Step + 1;
        return false;
    }

    private static void ReleaseWarpBarrier(Warp warp, uint wanted)
    {
        for (int split = 0; split < warp.SplitCount; split++)
        {
            if (warp.Splits[split].State == SplitState.AtWarpBarrier && warp.Splits[split].Barrier == wanted)
            {
                warp.Splits[split].State = SplitState.Ready;
            }
        }
    }
}
