using System.Numerics;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// The barriers of the block.
internal sealed unsafe partial class BlockRunner
{
    private readonly NamedBarrier[] _barriers = [.. Enumerable.Range(0, NamedBarrier.Count).Select(_ => new NamedBarrier())];

    private void ResetBarriers()
    {
        foreach (NamedBarrier barrier in _barriers)
        {
            barrier.Reset();
        }
    }

    // True when the split goes on at once.
    private bool ArriveAtBarrier(Warp warp, Instruction* i, byte* r, uint mask)
    {
        if ((i->Control & BarrierModes.Aligned) != 0 && mask != warp.Live)
        {
            // An error, unless the rest of the warp ends without coming here: it runs first.
            ref Split split = ref warp.Splits[warp.Current];
            split.State = SplitState.AtAlignedBarrier;
            split.Step = warp.Step;
            return false;
        }

        int number = Uniform(warp, (uint*)(r + i->A), mask, "barrier");
        int expected = i->B < 0 ? 0 : Uniform(warp, (uint*)(r + i->B), mask, "count");
        var mode = (BarrierMode)(i->Control & BarrierModes.ModeMask);
        if (number >= NamedBarrier.Count)
        {
            Fail(warp, FindingKind.Barrier, $"The barrier {number} is named; a block has {NamedBarrier.Count}.", mask);
        }

        if (i->B >= 0 && (expected == 0 || expected % WarpSize.Lanes != 0))
        {
            Fail(warp, FindingKind.Barrier, $"The barrier is to wait for {expected} threads; the count must be a multiple of {WarpSize.Lanes} and not 0.", mask);
        }

        NamedBarrier barrier = _barriers[number];
        if (barrier.Expected >= 0 && barrier.Expected != expected)
        {
            Fail(warp, FindingKind.Barrier, $"Barrier {number} is to wait for {Threads(expected)} here, and for {Threads(barrier.Expected)} where others wait.", mask);
        }

        barrier.Expected = expected;
        Count(warp, barrier, number, mask);
        if (mode == BarrierMode.Arrive)
        {
            Review(number);
            return true;
        }

        if (mode is not BarrierMode.Sync)
        {
            barrier.Yes += BitOperations.PopCount(*(uint*)(r + i->C) & mask);
            barrier.Votes += BitOperations.PopCount(mask);
        }

        warp.Splits[warp.Current].State = SplitState.AtBarrier;
        warp.Splits[warp.Current].Barrier = (uint)number;
        warp.Splits[warp.Current].Step = warp.Step + 1;
        barrier.Waiting.Add((warp, warp.Current, warp.Step));
        Review(number);
        return false;
    }

    private static string Threads(int expected) => expected == 0 ? "all threads of the block" : $"{expected} threads";

    private int Uniform(Warp warp, uint* values, uint mask, string what)
    {
        uint value = values[BitOperations.TrailingZeroCount(mask)];
        uint others = mask & ~LaneMoves.Equal32((byte*)values, value);
        if (others != 0)
        {
            Fail(warp, FindingKind.Barrier, $"The lanes of a warp name different values for the {what} of a barrier.", others);
        }

        return (int)Math.Min(value, int.MaxValue);
    }

    // A warp counts as 32 threads once all its live lanes are there, however many it has.
    private void Count(Warp warp, NamedBarrier barrier, int number, uint mask)
    {
        uint before = barrier.Lanes[warp.Number];
        uint now = before | mask;
        barrier.Lanes[warp.Number] = now;
        if (before != 0 && (before & mask) != 0)
        {
            // The same lanes again, as after bar.arrive: a new arrival.
            barrier.Arrived += WarpSize.Lanes;
            barrier.Lanes[warp.Number] = mask;
        }
        else if ((warp.Live & ~now) == 0)
        {
            barrier.Arrived += WarpSize.Lanes - BitOperations.PopCount(before);
        }
        else
        {
            barrier.Arrived += BitOperations.PopCount(mask);
        }

        _memory.ArriveAtBarrier(number, warp.Number);
    }

    private void ReviewBarriers()
    {
        for (int number = 0; number < _barriers.Length; number++)
        {
            if (_barriers[number].Expected >= 0)
            {
                Review(number);
            }
        }
    }

    private void Review(int number)
    {
        NamedBarrier barrier = _barriers[number];
        bool complete = barrier.Expected > 0 ? barrier.Arrived >= barrier.Expected : AllHere(barrier);
        if (!complete)
        {
            return;
        }

        uint released = 0;
        foreach ((Warp warp, int split, int step) in barrier.Waiting)
        {
            ref Split waiting = ref warp.Splits[split];
            waiting.State = SplitState.Ready;
            released |= 1u << warp.Number;
            Answer(barrier, _program.Code + step, waiting);
        }

        _memory.CompleteBarrier(number, released);
        barrier.Reset();
    }

    private bool AllHere(NamedBarrier barrier)
    {
        foreach (Warp warp in _warps)
        {
            if ((warp.Live & ~barrier.Lanes[warp.Number]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    // What a bar.red learns.
    private static void Answer(NamedBarrier barrier, Instruction* i, in Split split)
    {
        byte* r = split.Frame.Registers;
        switch ((BarrierMode)(i->Control & BarrierModes.ModeMask))
        {
            case BarrierMode.Count:
                Give(r, i->D, (uint)barrier.Yes, split.Mask);
                break;
            case BarrierMode.And:
                GivePredicate(r, i->D, barrier.Yes == barrier.Votes ? uint.MaxValue : 0, split.Mask);
                break;
            case BarrierMode.Or:
                GivePredicate(r, i->D, barrier.Yes > 0 ? uint.MaxValue : 0, split.Mask);
                break;
            default:
                break;
        }
    }

    // Nothing of the warp can run. If a part of it stands at an aligned barrier and the rest has ended, that part is all of it.
    private void ReviewAlignedBarrier(Warp warp)
    {
        for (int split = 0; split < warp.SplitCount; split++)
        {
            if (warp.Splits[split].State == SplitState.AtAlignedBarrier)
            {
                warp.Current = split;
                warp.Step = warp.Splits[split].Step;
                if (warp.Splits[split].Mask != warp.Live)
                {
                    FailDivergent(warp, warp.Splits[split].Mask);
                }

                warp.Splits[split].State = SplitState.Ready;
                return;
            }
        }
    }

    private void FailDivergent(Warp warp, uint mask)
    {
        uint missing = warp.Live & ~mask;
        Fail(
            warp,
            FindingKind.Barrier,
            $"Only the lanes 0x{mask:x8} of the warp come to this barrier, which needs all that live; lane {BitOperations.TrailingZeroCount(missing)} is elsewhere.",
            mask);
    }

    private void ReportDeadlock()
    {
        foreach (Warp warp in _warps)
        {
            for (int split = 0; split < warp.SplitCount && warp.Live != 0; split++)
            {
                Split waiting = warp.Splits[split];
                if (waiting.State is not SplitState.AtBarrier and not SplitState.AtWarpBarrier)
                {
                    continue;
                }

                warp.Current = split;
                warp.Step = waiting.Step - 1;
                bool inWarp = waiting.State == SplitState.AtWarpBarrier;
                Fail(
                    warp,
                    inWarp ? FindingKind.Synchronisation : FindingKind.Barrier,
                    inWarp
                        ? $"The lanes 0x{waiting.Barrier & warp.Live & ~waiting.Mask:x8} that bar.warp.sync names never come."
                        : $"The barrier {waiting.Barrier} never completes: {_barriers[waiting.Barrier].Arrived} threads have come, and {Threads(_barriers[waiting.Barrier].Expected)} are awaited.",
                    waiting.Mask);
            }
        }
    }
}
