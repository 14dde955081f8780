using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// Computations that are too rare for the loop itself.
internal sealed unsafe partial class BlockRunner
{
    // False when the step is none of these.
    private bool Compute(Instruction* i, byte* r, byte* d, uint mask)
    {
        switch (i->Operation)
        {
            case Operation.Move64:
                LaneMoves.Copy64(d, r + i->A);
                return true;
            case Operation.Narrow:
                LaneMoves.Narrow(d, r + i->A, 0);
                return true;
            case Operation.WidenUnsigned:
                LaneMoves.WidenUnsigned(d, r + i->A);
                return true;
            case Operation.WidenSigned:
                LaneMoves.WidenSigned(d, r + i->A);
                return true;
            case Operation.Extract:
                LaneMoves.Extract(d, r + i->A, i->Control & 0xff, i->Control >> 8, i->Detail);
                return true;
            case Operation.Insert:
                LaneMoves.Insert(d, r + i->A, r + i->E, i->Control & 0xff, i->Control >> 8, i->Detail);
                return true;
            case Operation.MovePredicate:
                *(uint*)d = *(uint*)(r + i->A);
                return true;
            case Operation.NotPredicate:
                *(uint*)d = ~*(uint*)(r + i->A);
                return true;
            case Operation.AndPredicate:
                *(uint*)d = *(uint*)(r + i->A) & *(uint*)(r + i->B);
                return true;
            case Operation.OrPredicate:
                *(uint*)d = *(uint*)(r + i->A) | *(uint*)(r + i->B);
                return true;
            case Operation.XorPredicate:
                *(uint*)d = *(uint*)(r + i->A) ^ *(uint*)(r + i->B);
                return true;
            case Operation.ShuffleFixed when mask == WarpSize.Full:
                ShuffleTable table = _program.Shuffles[i->Table];
                table.Apply(d, r + i->A);
                GivePredicate(r, i->Detail, table.Valid, mask);
                return true;
            case Operation.LanesWithCarry:
                ComputeWithCarry(i, r, d, mask);
                return true;
            case Operation.IsSpace:
                *(uint*)d = LanesInSpace((ulong*)(r + i->A), (MemorySpace)i->Control);
                return true;
            default:
                return false;
        }
    }

    // The flags of inactive lanes stay as they are.
    private static void ComputeWithCarry(Instruction* i, byte* r, byte* d, uint mask)
    {
        uint* flags = (uint*)(r + i->E);
        uint carry = *flags;
        i->Function(d, r + i->A, r + i->B, r + i->C, &carry, i->Control);
        if (i->Detail != 0)
        {
            *flags = (*flags & ~mask) | (carry & mask);
        }
    }

    private static uint LanesInSpace(ulong* addresses, MemorySpace space)
    {
        uint inside = 0;
        for (int lane = 0; lane < WarpSize.Lanes; lane++)
        {
            inside |= (AddressWindows.Classify(addresses[lane]) == space ? 1u : 0u) << lane;
        }

        return inside;
    }
}
