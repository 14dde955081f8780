using System.Runtime.CompilerServices;
using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// The interpreter's loop.
internal sealed unsafe partial class BlockRunner
{
    // Runs the current split until it waits, ends, divides or has had its turn. Computations write all lanes when the active ones
    // are all that live: what ended threads hold is never read again. Otherwise they write aside, and the active lanes are merged.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Execute<TCounting>(Warp warp, long end)
        where TCounting : struct
    {
        Instruction* code = _program.Code;
        byte* scratch = _scratch;
        BlockMemory memory = _memory;
        int number = warp.Number;
    reload:
        byte* r = warp.Splits[warp.Current].Frame.Registers;
        uint active = warp.Splits[warp.Current].Mask;
        int meeting = warp.Splits[warp.Current].Meeting;
        uint live = warp.Live;
        Instruction* i = code + warp.Splits[warp.Current].Step;
        Instruction* start = i;
        while (true)
        {
            uint mask = active;
            if (i->Guard >= 0)
            {
                uint guard = *(uint*)(r + i->Guard);
                mask &= i->GuardNegated ? ~guard : guard;
                if (mask == 0)
                {
                    CountIf<TCounting>(i, code, i->Operation == Operation.Exit ? active : 0);
                    i++;
                    continue;
                }
            }

            // A statement that its guard switches off in every lane was issued all the same; a jump to the end is every lane's.
            CountIf<TCounting>(i, code, i->Operation == Operation.Exit ? active : mask);

            byte* d = mask == live ? r + i->D : scratch;
            switch (i->Operation)
            {
                case Operation.Label:
                    i++;
                    continue;
                case Operation.Lanes:
                    i->Function(d, r + i->A, r + i->B, r + i->C, r + i->E, i->Control);
                    break;
                case Operation.FusedMultiplyAdd32:
                    WarpVectors.Ternary<float, RuledTernary<FusedSingle, PlainRule>>(d, r + i->A, r + i->B, r + i->C);
                    break;
                case Operation.AddFloat32:
                    WarpVectors.Binary<float, RuledBinary<AddVectors<float>, PlainRule>>(d, r + i->A, r + i->B);
                    break;
                case Operation.SubtractFloat32:
                    WarpVectors.Binary<float, RuledBinary<SubtractVectors<float>, PlainRule>>(d, r + i->A, r + i->B);
                    break;
                case Operation.MultiplyFloat32:
                    WarpVectors.Binary<float, RuledBinary<MultiplyVectors<float>, PlainRule>>(d, r + i->A, r + i->B);
                    break;
                case Operation.Add32:
                    WarpVectors.Binary<uint, AddVectors<uint>>(d, r + i->A, r + i->B);
                    break;
                case Operation.Subtract32:
                    WarpVectors.Binary<uint, SubtractVectors<uint>>(d, r + i->A, r + i->B);
                    break;
                case Operation.MultiplyLow32:
                    WarpVectors.Binary<uint, MultiplyVectors<uint>>(d, r + i->A, r + i->B);
                    break;
                case Operation.MultiplyAddLow32:
                    WarpVectors.Ternary<uint, MultiplyAddVectors<uint>>(d, r + i->A, r + i->B, r + i->C);
                    break;
                case Operation.And32:
                    WarpVectors.Binary<uint, AndVectors<uint>>(d, r + i->A, r + i->B);
                    break;
                case Operation.Or32:
                    WarpVectors.Binary<uint, OrVectors<uint>>(d, r + i->A, r + i->B);
                    break;
                case Operation.Xor32:
                    WarpVectors.Binary<uint, XorVectors<uint>>(d, r + i->A, r + i->B);
                    break;
                case Operation.Add64:
                    WarpVectors.Binary<ulong, AddVectors<ulong>>(d, r + i->A, r + i->B);
                    break;
                case Operation.Move32:
                    LaneMoves.Copy32(d, r + i->A);
                    break;
                case Operation.Compare:
                    Compare(i, r, mask);
                    i++;
                    continue;
                case Operation.Load:
                    memory.Load(_program.Memory[i->Detail], r, number, mask);
                    i++;
                    continue;
                case Operation.Store:
                    memory.Store(_program.Memory[i->Detail], r, number, mask);
                    i++;
                    continue;
                case Operation.Branch:
                    warp.Steps += i - start + 1;
                    i = start = code + i->Target;
                    if (warp.Steps >= end)
                    {
                        warp.Step = (int)(i - code);
                        warp.Splits[warp.Current].Step = warp.Step;
                        return;
                    }

                    continue;
                case Operation.BranchIf:
                    uint taken = *(uint*)(r + i->A);
                    taken = (i->Control != 0 ? ~taken : taken) & active;
                    if (taken == 0)
                    {
                        i++;
                        continue;
                    }

                    warp.Steps += i - start + 1;
                    if (taken != active)
                    {
                        Divide(warp, i, taken);
                        goto reload;
                    }

                    i = start = code + i->Target;
                    if (warp.Steps >= end)
                    {
                        warp.Step = (int)(i - code);
                        warp.Splits[warp.Current].Step = warp.Step;
                        return;
                    }

                    continue;
                case Operation.Join:
                    if ((int)(i - code) != meeting)
                    {
                        i++;
                        continue;
                    }

                    warp.Steps += i - start;
                    warp.End(warp.Current);
                    return;
                default:
                    if (Compute(i, r, d, mask))
                    {
                        break;
                    }

                    warp.Steps += i - start + 1;
                    start = i + 1;
                    warp.Step = (int)(i - code);
                    if (Act(warp, i, r, mask))
                    {
                        i++;
                        continue;
                    }

                    return;
            }

            if (mask != live)
            {
                Merge(i, r, scratch, mask);
            }

            i++;
        }
    }

    private static void Merge(Instruction* i, byte* r, byte* fresh, uint mask)
    {
        byte* d = r + i->D;
        switch (i->DestinationBytes)
        {
            case 4:
                Selection.Merge32((uint*)d, (uint*)fresh, (uint*)d, mask);
                break;
            case 8:
                Selection.Merge64((ulong*)d, (ulong*)fresh, (ulong*)d, mask);
                break;
            case 1:
                *(uint*)d = (*(uint*)d & ~mask) | (*(uint*)fresh & mask);
                break;
            default:
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountIf<TCounting>(Instruction* i, Instruction* code, uint lanes)
        where TCounting : struct
    {
        if (typeof(TCounting) == typeof(Counted))
        {
            _counts!.Count((int)(i - code), lanes);
        }
    }

    private void Compare(Instruction* i, byte* r, uint mask)
    {
        uint* outcome = (uint*)_scratch;
        i->Function(outcome, r + i->A, r + i->B, r + i->C, null, i->Control);
        (uint p, uint q) = (outcome[0], outcome[1]);
        switch ((PredicateCombination)i->Detail)
        {
            case PredicateCombination.And:
                p &= *(uint*)(r + i->C);
                q &= *(uint*)(r + i->C);
                break;
            case PredicateCombination.Or:
                p |= *(uint*)(r + i->C);
                q |= *(uint*)(r + i->C);
                break;
            case PredicateCombination.Xor:
                p ^= *(uint*)(r + i->C);
                q ^= *(uint*)(r + i->C);
                break;
            default:
                break;
        }

        uint* first = (uint*)(r + i->D);
        *first = (*first & ~mask) | (p & mask);
        if (i->E >= 0)
        {
            uint* second = (uint*)(r + i->E);
            *second = (*second & ~mask) | (q & mask);
        }
    }
}
