using System.Numerics;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// Divergence, calls and ends.
internal sealed unsafe partial class BlockRunner
{
    private const int DeepestCalls = 4096;

    // A branch that some of the active lanes take.
    private static void Divide(Warp warp, Instruction* i, uint taken)
    {
        int next = (int)(i - warp.Launch.Program.Code) + 1;
        uint rest = warp.Splits[warp.Current].Mask & ~taken;
        int parent = BeginDivision(warp, i->Reconvergence);
        AddPart(warp, parent, i->Target, taken, i->Reconvergence);
        AddPart(warp, parent, next, rest, i->Reconvergence);
        EndDivision(warp, parent);
    }

    // The current split makes room for its parts: it waits where they meet, or leaves that to the split that waits there already.
    private static int BeginDivision(Warp warp, int meeting)
    {
        ref Split split = ref warp.Splits[warp.Current];
        if (meeting == split.Meeting && !split.IsCall)
        {
            int parent = split.Parent;
            split = default;
            warp.Splits[parent].Parts--;
            return parent;
        }

        split.State = SplitState.Divided;
        split.Step = meeting;
        split.Parts = 0;
        return warp.Current;
    }

    private static void AddPart(Warp warp, int parent, int step, uint mask, int meeting)
    {
        // Lanes that are where all will meet wait in the parent.
        if (step == meeting || mask == 0)
        {
            return;
        }

        warp.Splits[parent].Parts++;
        warp.Current = warp.Add(new Split
        {
            State = SplitState.Ready,
            Step = step,
            Mask = mask,
            Meeting = meeting,
            Parent = parent,
            Frame = warp.Splits[parent].Frame,
        });
    }

    // When all sides lead to the meeting itself, nobody is left to wait for.
    private static void EndDivision(Warp warp, int parent)
    {
        if (warp.Splits[parent].Parts == 0)
        {
            warp.Splits[parent].State = SplitState.Ready;
            warp.Splits[parent].Mask &= warp.Live;
            warp.Current = parent;
        }
    }

    private void BranchIndexed(Warp warp, Instruction* i, byte* r, uint mask)
    {
        int[] targets = _program.Targets[i->Detail];
        uint* indices = (uint*)(r + i->A);
        uint wrong = 0;
        var parts = new Dictionary<int, uint>();
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (indices[lane] >= (uint)targets.Length)
            {
                wrong |= 1u << lane;
                continue;
            }

            int target = targets[indices[lane]];
            parts[target] = parts.GetValueOrDefault(target) | (1u << lane);
        }

        if (wrong != 0)
        {
            uint index = indices[BitOperations.TrailingZeroCount(wrong)];
            Fail(warp, FindingKind.OutOfBounds, $"The branch index {index} is beyond the list of {targets.Length} targets.", wrong);
        }

        uint stay = warp.Splits[warp.Current].Mask & ~mask;
        if (stay != 0)
        {
            int next = warp.Step + 1;
            parts[next] = parts.GetValueOrDefault(next) | stay;
        }

        if (parts.Count == 1)
        {
            warp.Splits[warp.Current].Step = parts.First().Key;
            return;
        }

        int parent = BeginDivision(warp, i->Reconvergence);
        foreach ((int target, uint lanes) in parts)
        {
            AddPart(warp, parent, target, lanes, i->Reconvergence);
        }

        EndDivision(warp, parent);
    }

    private static bool Exit(Warp warp, uint mask)
    {
        ref Split split = ref warp.Splits[warp.Current];
        warp.Live &= ~mask;
        split.Mask &= ~mask;
        if (split.Mask != 0)
        {
            // The loop holds masks that are no longer true: it starts again behind this step.
            split.Step = warp.Step + 1;
            return false;
        }

        warp.End(warp.Current);
        return false;
    }

    private void Call(Warp warp, Instruction* i, uint mask)
    {
        int caller = warp.Current;
        BeginCalls(warp);
        AddCall(warp, caller, i, i->Detail, mask);
    }

    private void CallIndirect(Warp warp, Instruction* i, byte* r, uint mask)
    {
        ulong* addresses = (ulong*)(r + i->A);
        int caller = warp.Current;
        BeginCalls(warp);
        uint rest = mask;
        while (rest != 0)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            uint same = 0;
            for (uint other = rest; other != 0; other &= other - 1)
            {
                int candidate = BitOperations.TrailingZeroCount(other);
                same |= addresses[candidate] == addresses[lane] ? 1u << candidate : 0;
            }

            if (!_program.FunctionByAddress.TryGetValue(addresses[lane], out int function))
            {
                Fail(warp, FindingKind.OutOfBounds, $"0x{addresses[lane]:x} is called, which is the address of no function.", same);
            }

            AddCall(warp, caller, i, function, same);
            rest &= ~same;
        }
    }

    // The caller goes on behind the call when all functions have returned.
    private static void BeginCalls(Warp warp)
    {
        ref Split split = ref warp.Splits[warp.Current];
        split.State = SplitState.Divided;
        split.Step = warp.Step + 1;
        split.Parts = 0;
    }

    private void AddCall(Warp warp, int caller, Instruction* i, int function, uint mask)
    {
        ProgramFunction callee = _program.Functions[function];
        int localBase = warp.Splits[caller].Frame.LocalBase + i->Control;
        if (localBase + callee.StackBytes > _program.LocalBytes || warp.SplitCount > DeepestCalls)
        {
            Fail(warp, FindingKind.OutOfBounds, $"The calls are nested too deeply: the stack of {_program.LocalBytes} bytes per thread is full.", mask);
        }

        warp.Splits[caller].Parts++;
        warp.Current = warp.Add(new Split
        {
            State = SplitState.Ready,
            Step = callee.Entry,
            Mask = mask,
            Meeting = Instruction.None,
            Parent = caller,
            Frame = warp.Rent(function, localBase),
            IsCall = true,
        });
    }
}
