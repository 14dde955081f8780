using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Moves: mov in all its forms, and conversions between generic addresses and those of a space.
internal sealed unsafe partial class FunctionDecoder
{
    private void Move(InstructionSyntax statement)
    {
        Need(statement, 2, 2);
        bool isVector = statement.Modifiers is ["v2" or "v4", _];
        string word = statement.Modifiers.Count == 1 || isVector ? statement.Modifiers[^1] : "";
        NumberType type = NumberTypes.Parse(word);
        if (type == NumberType.Predicate)
        {
            Instruction step = Instruction.Create(Operation.MovePredicate);
            step.A = Read(statement.Operands[1], NumberType.Predicate);
            step.D = WritePredicate(statement.Operands[0]);
            step.DestinationBytes = 1;
            EmitStep(step);
            return;
        }

        if (type.Bits() is not 16 and not 32 and not 64)
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        (OperandSyntax to, OperandSyntax from) = (statement.Operands[0], statement.Operands[1]);
        (IReadOnlyList<OperandSyntax> destinations, IReadOnlyList<OperandSyntax> sources) = (ElementsOf(to), ElementsOf(from));
        if (destinations.Count > 1 && sources.Count == 1 && !isVector)
        {
            Unpack(destinations, Read(sources[0], type), type);
        }
        else if (sources.Count > 1 && destinations.Count == 1 && !isVector)
        {
            Pack(destinations[0], sources, type);
        }
        else if (destinations.Count == sources.Count)
        {
            int slotBytes = SlotBytes(type);
            int[] places = [.. sources.Select(source => sources.Count == 1 ? Read(source, type) : Copy(Read(source, type), slotBytes))];
            for (int i = 0; i < places.Length; i++)
            {
                EmitMove(destinations[i], places[i], slotBytes);
            }
        }
        else
        {
            throw Refuse("The two sides of the move have different numbers of elements.");
        }
    }

    // The elements of a vector are moved at once: one may be the destination of another.
    private int Copy(int source, int slotBytes)
    {
        int temporary = _plan.Next(FrameItemKind.Register, slotBytes);
        Instruction step = Instruction.Create(slotBytes == 8 ? Operation.Move64 : Operation.Move32);
        step.A = source;
        step.DestinationBytes = (byte)slotBytes;
        EmitUnguarded(step, temporary);
        return _plan.Offset(temporary);
    }

    private static (NumberType Type, int Bits) Field(NumberType whole, int count)
    {
        int bits = whole.Bits() / Math.Max(count, 1);
        return bits * count == whole.Bits() && bits is 8 or 16 or 32 or 64
            ? (bits == 64 ? NumberType.B64 : bits == 32 ? NumberType.B32 : bits == 16 ? NumberType.B16 : NumberType.B8, bits)
            : throw Refuse($"{count} elements do not fill {whole.Bits()} bits.");
    }

    private void Unpack(IReadOnlyList<OperandSyntax> destinations, int source, NumberType type)
    {
        (_, int bits) = Field(type, destinations.Count);
        for (int i = 0; i < destinations.Count; i++)
        {
            if (destinations[i] is NameOperand { IsSink: true })
            {
                continue;
            }

            Instruction step = Instruction.Create(Operation.Extract);
            step.A = source;
            step.Control = bits | (i * bits << 8);
            step.Detail = SlotBytes(type);
            step.D = Write(destinations[i], bits == 64 ? 8 : 4, signed: false);
            step.DestinationBytes = (byte)(bits == 64 ? 8 : 4);
            EmitStep(step);
        }
    }

    private void Pack(OperandSyntax destination, IReadOnlyList<OperandSyntax> sources, NumberType type)
    {
        (NumberType field, int bits) = Field(type, sources.Count);
        int slotBytes = SlotBytes(type);
        int[] places = [.. sources.Select(source => Read(source, field))];
        int whole = Constant(0, slotBytes);
        for (int i = 0; i < places.Length; i++)
        {
            bool last = i == places.Length - 1;
            Instruction step = Instruction.Create(Operation.Insert);
            step.A = places[i];
            step.E = whole;
            step.Control = bits | (i * bits << 8);
            step.Detail = slotBytes;
            step.DestinationBytes = (byte)slotBytes;
            if (last)
            {
                step.D = Write(destination, slotBytes, signed: false);
                EmitStep(step);
            }
            else
            {
                int temporary = _plan.Next(FrameItemKind.Register, slotBytes);
                EmitUnguarded(step, temporary);
                whole = _plan.Offset(temporary);
            }
        }
    }

    private static MemorySpace? SpaceOf(string word) => word switch
    {
        "global" or "const" => MemorySpace.Global,
        "shared" or "shared::cta" or "shared::cluster" => MemorySpace.Shared,
        "local" => MemorySpace.Local,
        "param" or "param::entry" or "param::func" => MemorySpace.Parameter,
        _ => null,
    };

    // cvta{.to}.space.u64 d, a
    private void ConvertAddress(InstructionSyntax statement)
    {
        Need(statement, 2, 2);
        List<string> words = [.. statement.Modifiers];
        bool to = words.Remove("to");
        NumberType width = words.Count == 2 ? NumberTypes.Parse(words[1]) : NumberType.None;
        if (width is not NumberType.U64 and not NumberType.U32 || SpaceOf(words[0]) is not { } space)
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        // In a function, parameters lie in local memory.
        space = space == MemorySpace.Parameter && !IsKernel ? MemorySpace.Local : space;
        ulong window = AddressWindows.Base(space);
        if (width == NumberType.U32 && window != 0)
        {
            throw Refuse("Generic addresses of 32 bits are not emulated.");
        }

        int source = Read(statement.Operands[1], width);
        if (window == 0)
        {
            EmitMove(statement.Operands[0], source, SlotBytes(width));
            return;
        }

        Instruction step = Instruction.Create(Operation.Add64);
        step.A = source;
        step.B = Constant(to ? 0 - window : window, 8);
        step.D = Write(statement.Operands[0], NumberType.U64);
        step.DestinationBytes = 8;
        EmitStep(step);
    }

    private void IsSpace(InstructionSyntax statement)
    {
        Need(statement, 2, 2);
        if (statement.Modifiers.Count != 1 || SpaceOf(statement.Modifiers[0]) is not { } space)
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        Instruction step = Instruction.Create(Operation.IsSpace);
        step.A = Read(statement.Operands[1], NumberType.U64);
        step.Control = (int)space;
        step.D = WritePredicate(statement.Operands[0]);
        step.DestinationBytes = 1;
        EmitStep(step);
    }
}
