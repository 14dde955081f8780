using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Asynchronous copies.
internal sealed unsafe partial class FunctionDecoder
{
    private void Copy(InstructionSyntax statement)
    {
        IReadOnlyList<string> words = statement.Modifiers;
        if (words is ["async", "commit_group"])
        {
            EmitStep(Instruction.Create(Operation.CommitCopies));
        }
        else if (words is ["async", "wait_all"])
        {
            EmitStep(Instruction.Create(Operation.CommitCopies));
            EmitStep(Instruction.Create(Operation.WaitCopies));
        }
        else if (words is ["async", "wait_group"] && statement.Operands is [LiteralOperand { Kind: LiteralKind.Integer } pending])
        {
            Instruction step = Instruction.Create(Operation.WaitCopies);
            step.Control = (int)Math.Min(pending.Bits, int.MaxValue);
            EmitStep(step);
        }
        else if (words is ["async", "ca" or "cg", "shared" or "shared::cta", "global", ..])
        {
            CopyAsync(statement);
        }
        else
        {
            throw Refuse($"{statement.Name} is not emulated yet.");
        }
    }

    private void CopyAsync(InstructionSyntax statement)
    {
        bool policy = statement.Modifiers.Any(word => word.EndsWith("cache_hint", StringComparison.Ordinal));
        int count = statement.Operands.Count - (policy ? 1 : 0);
        if (count is not 3 and not 4 || statement.Operands[2] is not LiteralOperand size)
        {
            throw Refuse($"{statement.Name} takes a destination, a source and a size.");
        }

        Place to = PlaceOf(statement.Operands[0], MemorySpace.Shared);
        Place from = PlaceOf(statement.Operands[1], MemorySpace.Global);
        int sourceBytes = (int)size.Bits;
        int sourceRegister = Instruction.None;
        if (count == 4 && statement.Operands[3] is LiteralOperand literal)
        {
            sourceBytes = (int)literal.Bits;
        }
        else if (count == 4)
        {
            sourceRegister = Read(statement.Operands[3], NumberType.U32);
        }

        int source = from.Register == Instruction.None ? Constant(0, 8) : Fit(from.Register, from.IsWide ? 8 : 4, 8);
        Instruction step = Instruction.Create(Operation.CopyAsync);
        step.Detail = _program.AddMemory(new MemoryInstruction
        {
            Index = Here,
            Space = MemorySpace.Shared,
            ElementBytes = (int)size.Bits,
            Address = to.Register,
            AddressIsWide = to.IsWide,
            Offset = to.Offset,
            SourceAddress = source,
            SourceOffset = from.Offset,
            SourceBytes = sourceBytes,
            SourceBytesRegister = sourceRegister,
        });
        EmitStep(step);
    }
}
