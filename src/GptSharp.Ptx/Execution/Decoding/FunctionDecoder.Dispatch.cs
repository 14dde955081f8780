using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Which room an opcode belongs to, and everything that computes lane by lane.
internal sealed unsafe partial class FunctionDecoder
{
    private void DecodeInstruction(InstructionSyntax statement)
    {
        switch (statement.Opcode)
        {
            case "mov":
                Move(statement);
                break;
            case "cvta":
                ConvertAddress(statement);
                break;
            case "isspacep":
                IsSpace(statement);
                break;
            case "bra":
                Branch(statement);
                break;
            case "brx":
                BranchIndexed(statement);
                break;
            case "call":
                Call(statement);
                break;
            case "ret" when !IsKernel:
                EmitBranch(FunctionUnit.EpilogueLabel);
                break;
            case "ret" or "exit":
                EmitStep(Instruction.Create(Operation.Exit));
                break;
            case "trap":
                EmitStep(Instruction.Create(Operation.Trap));
                break;
            case "brkpt" or "nanosleep" or "pmevent" or "prefetch" or "prefetchu" or "applypriority" or "discard" or "setmaxnreg" or "griddepcontrol":
                EmitStep(Instruction.Create(Operation.Nothing));
                break;
            case "createpolicy":
                // The emulator has no caches: any policy will do.
                EmitMove(statement.Operands[0], Constant(0, 8), 8);
                break;
            case "ld" or "ldu" or "st" or "atom" or "red" or "cp" or "membar" or "fence":
                DecodeMemory(statement);
                break;
            case "bar" or "barrier" or "shfl" or "vote" or "match" or "redux" or "elect" or "activemask":
                DecodeWarp(statement);
                break;
            case "mma" or "wmma" or "ldmatrix" or "stmatrix" or "movmatrix":
                DecodeMatrix(statement);
                break;
            case "wgmma" or "mbarrier" or "tcgen05" or "tensormap" or "clusterlaunchcontrol" or "multimem":
                throw Refuse($"{statement.Opcode} is not emulated yet.");
            default:
                Compute(statement);
                break;
        }
    }

    private static void Need(InstructionSyntax statement, int minimum, int maximum)
    {
        int count = statement.Operands.Count;
        if (count < minimum || count > maximum)
        {
            string expected = minimum == maximum ? $"{minimum}" : $"{minimum} to {maximum}";
            throw Refuse($"{statement.Name} takes {expected} operands, not {count}.");
        }
    }

    private void Compute(InstructionSyntax statement)
    {
        if (!ArithmeticBinding.TryBind(statement.Opcode, statement.Modifiers, _program.Arithmetic, out LaneOperation operation))
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        NumberType[] sources = [operation.A, operation.B, operation.C, operation.E];
        int count = Array.FindLastIndex(sources, type => type != NumberType.None) + 1;
        bool compares = operation.Destination == NumberType.Predicate && operation.A != NumberType.Predicate;
        int combined = operation.Combination == PredicateCombination.None ? 0 : 1;
        bool carries = operation.ReadsCarry || operation.WritesCarry;
        Need(statement, count + 1 + combined, count + 1 + combined);

        Span<int> places = [Instruction.None, Instruction.None, Instruction.None, Instruction.None];
        for (int i = 0; i < count; i++)
        {
            places[i] = Read(statement.Operands[i + 1], sources[i]);
        }

        Instruction step = Instruction.Create(Operation.Lanes);
        (step.A, step.B, step.C, step.E) = (Place(places[0]), Place(places[1]), Place(places[2]), Place(places[3]));
        step.Function = operation.Function;
        step.Control = operation.Control;
        if (compares)
        {
            Compare(statement, operation, step, combined == 1 ? statement.Operands[count + 1] : null);
            return;
        }

        if (carries)
        {
            step.Operation = Operation.LanesWithCarry;
            step.E = CarryFlags();
            step.Detail = operation.WritesCarry ? 1 : 0;
        }
        else if (operation.ChecksDivisor)
        {
            step.Operation = Operation.Divide;
            step.Detail = sources[1].Bits() == 64 ? 8 : sources[1].Bits() == 16 ? 2 : 4;
        }
        else
        {
            step.Operation = HotOperations.Find(statement);
        }

        if (operation.Destination == NumberType.Predicate)
        {
            step.D = WritePredicate(statement.Operands[0]);
            step.DestinationBytes = 1;
        }
        else
        {
            step.D = Write(statement.Operands[0], operation.Destination);
            step.DestinationBytes = (byte)SlotBytes(operation.Destination);
        }

        EmitStep(step);

        // Operands that the form lacks are never read, but the interpreter forms their addresses.
        static int Place(int place) => Math.Max(place, 0);
    }

    // setp p{|q}, a, b {, {!}c}: the function writes two masks, and c joins each of them.
    private void Compare(InstructionSyntax statement, LaneOperation operation, Instruction step, OperandSyntax? combined)
    {
        step.Operation = Operation.Compare;
        step.Detail = (int)operation.Combination;
        step.C = combined is null ? 0 : Read(combined, NumberType.Predicate);
        if (statement.Operands[0] is PairOperand pair)
        {
            step.D = WritePredicate(pair.First);
            step.E = WritePredicate(pair.Second);
        }
        else
        {
            step.D = WritePredicate(statement.Operands[0]);
            step.E = Instruction.None;
        }

        EmitStep(step);
    }

    // One flag per lane, kept from instruction to instruction.
    private int CarryFlags() => _plan.Offset(_plan.Fixed(FrameItemKind.Special, 4, (ulong)SpecialRegister.CarryFlags));

    private void EmitMove(OperandSyntax destination, int source, int slotBytes)
    {
        Instruction step = Instruction.Create(slotBytes == 8 ? Operation.Move64 : Operation.Move32);
        step.A = source;
        step.D = Write(destination, slotBytes, signed: false);
        step.DestinationBytes = (byte)slotBytes;
        EmitStep(step);
    }
}
