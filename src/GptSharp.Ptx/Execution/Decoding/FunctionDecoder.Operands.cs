using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Operands: which place of the frame holds what an instruction reads, and where its result goes.
internal sealed unsafe partial class FunctionDecoder
{
    private static int SlotBytes(NumberType type) => type.Bits() == 64 ? 8 : 4;

    /// <summary>The place of a source, as slots of the type's width, or as a mask for a predicate.</summary>
    private int Read(OperandSyntax operand, NumberType type)
    {
        switch (operand)
        {
            case LiteralOperand literal when type == NumberType.Predicate:
                return Constant(literal.Bits == 0 ? 0 : ulong.MaxValue, 4);
            case LiteralOperand literal:
                return Constant(Literals.Bits(literal, type), SlotBytes(type));
            case NameOperand name when type == NumberType.Predicate:
                return ReadPredicate(name);
            case ElementOperand element:
                return Fit(ReadAddress(ElementAddress(element), out int addressBytes), addressBytes, SlotBytes(type));
            case NameOperand { Negated: false } name:
                return Fit(ReadAny(name, out int bytes), bytes, SlotBytes(type));
            default:
                throw Refuse("An operand of this kind is not understood here.");
        }
    }

    // array[3] means the address of its element 3.
    private NameOperand ElementAddress(ElementOperand element)
    {
        if (element.Index is not LiteralOperand { Kind: LiteralKind.Integer } index || Find(element.Name) is not VariableSymbol symbol)
        {
            throw Refuse("An element of an array is understood only with a number as its index.");
        }

        return new NameOperand(element.Name, null, false, checked(index.Value * symbol.Variable.ElementBytes));
    }

    private int ReadPredicate(NameOperand name)
    {
        int source = ReadItem(PredicateRegister(name.Name));
        if (!name.Negated)
        {
            return source;
        }

        int temporary = _plan.Next(FrameItemKind.Predicate, 4);
        Instruction step = Instruction.Create(Operation.NotPredicate);
        step.A = source;
        EmitUnguarded(step, temporary);
        return _plan.Offset(temporary);
    }

    // A register, special register or address, in its own width.
    private int ReadAny(NameOperand name, out int slotBytes)
    {
        if (SpecialRegisters.Parse(name.FullName) is { } special)
        {
            slotBytes = SpecialRegisters.IsWide(name.FullName) ? 8 : 4;
            return _plan.Offset(_plan.Fixed(FrameItemKind.Special, slotBytes, (ulong)special));
        }

        if (SpecialRegisters.IsClock(name.FullName))
        {
            slotBytes = SpecialRegisters.IsWide(name.FullName) ? 8 : 4;
            int clock = _plan.Next(FrameItemKind.Register, slotBytes);
            Instruction step = Instruction.Create(Operation.Clock);
            step.Control = name.FullName.EndsWith("hi", StringComparison.Ordinal) ? 1 : 0;
            step.DestinationBytes = (byte)slotBytes;
            EmitUnguarded(step, clock);
            return _plan.Offset(clock);
        }

        switch (Find(name.Name))
        {
            case RegisterSymbol { SlotBytes: 4 or 8 } register when name.Component is null:
                slotBytes = register.SlotBytes;
                return ReadItem(register.Item);
            case VectorRegisterSymbol vector when Part(vector, name.Component) is { SlotBytes: 4 or 8 } part:
                slotBytes = part.SlotBytes;
                return ReadItem(part.Item);
            case RegisterSymbol { SlotBytes: 0 }:
                throw Refuse($"'{name.Name}' is a predicate, and a number is needed.");
            case RegisterSymbol { SlotBytes: 16 }:
                throw Refuse("Registers of 128 bits are not emulated.");
            case VariableSymbol or FunctionSymbol:
                return ReadAddress(name, out slotBytes);
            default:
                throw Refuse($"'{name.FullName}' is not declared.");
        }
    }

    private static RegisterSymbol? Part(VectorRegisterSymbol vector, string? component)
    {
        int index = component switch
        {
            "x" or "r" => 0,
            "y" or "g" => 1,
            "z" or "b" => 2,
            "w" or "a" => 3,
            _ => -1,
        };
        return index >= 0 && index < vector.Parts.Length ? vector.Parts[index] : null;
    }

    // The address of a variable or function, as a value.
    private int ReadAddress(NameOperand name, out int slotBytes)
    {
        slotBytes = _program.AddressBytes;
        if (Find(name.Name) is FunctionSymbol function)
        {
            return Address(_program.Module.AddressOf(function.Function), slotBytes);
        }

        Place place = PlaceOf(name.Name, name.Offset);
        if (place.Register == Instruction.None)
        {
            return Address((ulong)place.Offset, slotBytes);
        }

        int sum = _plan.Next(FrameItemKind.Register, 4);
        Instruction step = Instruction.Create(Operation.Add32);
        step.A = place.Register;
        step.B = Address((ulong)place.Offset, 4);
        step.DestinationBytes = 4;
        EmitUnguarded(step, sum);
        return Fit(_plan.Offset(sum), 4, slotBytes);
    }

    // A place in frames of another width than the instruction's type: the low bits, or an extension by zeros.
    private int Fit(int source, int have, int want)
    {
        if (have == want)
        {
            return source;
        }

        int temporary = _plan.Next(FrameItemKind.Register, want);
        Instruction step = Instruction.Create(have > want ? Operation.Narrow : Operation.WidenUnsigned);
        step.A = source;
        step.DestinationBytes = (byte)want;
        EmitUnguarded(step, temporary);
        return _plan.Offset(temporary);
    }

    /// <summary>The place of a result, as slots of the type's width; what a wider register needs follows the instruction.</summary>
    private int Write(OperandSyntax operand, NumberType type) => Write(operand, SlotBytes(type), type.IsSigned());

    private int Write(OperandSyntax operand, int want, bool signed)
    {
        if (operand is NameOperand { IsSink: true })
        {
            return WriteItem(_plan.Next(FrameItemKind.Register, want));
        }

        RegisterSymbol register = Destination(operand);
        if (register.SlotBytes == want)
        {
            return WriteItem(register.Item);
        }

        if (register.SlotBytes is not 4 and not 8)
        {
            throw Refuse(register.SlotBytes == 16 ? "Registers of 128 bits are not emulated." : "The result is a number, and its destination is a predicate.");
        }

        int temporary = _plan.Next(FrameItemKind.Register, want);
        int offset = WriteItem(temporary);
        Instruction step = Instruction.Create(want > register.SlotBytes ? Operation.Narrow : signed ? Operation.WidenSigned : Operation.WidenUnsigned);
        step.A = offset;
        step.DestinationBytes = (byte)register.SlotBytes;
        step.D = _plan.Offset(register.Item);
        _after.Add(step);
        Record(register.Item, isWrite: true);
        return offset;
    }

    private RegisterSymbol Destination(OperandSyntax operand)
    {
        if (operand is not NameOperand { Negated: false } name)
        {
            throw Refuse("The destination is no register.");
        }

        return Find(name.Name) switch
        {
            RegisterSymbol register when name.Component is null => register,
            VectorRegisterSymbol vector when Part(vector, name.Component) is { } part => part,
            null => throw Refuse($"'{name.FullName}' is not declared."),
            _ => throw Refuse($"The destination '{name.FullName}' is no register."),
        };
    }

    /// <summary>The place of a predicate result.</summary>
    private int WritePredicate(OperandSyntax operand)
    {
        if (operand is not NameOperand { Negated: false } name)
        {
            throw Refuse("The destination is no predicate register.");
        }

        return WriteItem(name.IsSink ? _plan.Next(FrameItemKind.Predicate, 4) : PredicateRegister(name.Name));
    }

    private int PredicateRegister(string name) => Find(name) switch
    {
        RegisterSymbol { SlotBytes: 0 } register => register.Item,
        null => throw Refuse($"'{name}' is not declared."),
        _ => throw Refuse($"'{name}' is no predicate register."),
    };

    /// <summary>The elements of a vector operand, or the operand itself.</summary>
    private IReadOnlyList<OperandSyntax> ElementsOf(OperandSyntax operand)
    {
        if (operand is VectorOperand vector)
        {
            return vector.Elements;
        }

        if (operand is NameOperand { Component: null } name && Find(name.Name) is VectorRegisterSymbol register)
        {
            string[] components = ["x", "y", "z", "w"];
            return [.. components.Take(register.Parts.Length).Select(component => name with { Component = component })];
        }

        return [operand];
    }

    private int Constant(ulong bits, int slotBytes) =>
        _plan.Offset(_plan.Fixed(FrameItemKind.Constant, slotBytes, slotBytes == 4 ? (uint)bits : bits));

    private int Address(ulong value, int slotBytes) => _plan.Offset(_plan.Address(value, slotBytes));

    private int ReadItem(int item)
    {
        Record(item, isWrite: false);
        return _plan.Offset(item);
    }

    private int WriteItem(int item)
    {
        Record(item, isWrite: true);
        return _plan.Offset(item);
    }

    // A step that prepares an operand: it runs whatever the guard says, since only this statement sees its result.
    private void EmitUnguarded(Instruction step, int item)
    {
        int guard = _guard;
        _guard = Instruction.None;
        _isPreparing = true;
        step.D = WriteItem(item);
        EmitStep(step);
        _isPreparing = false;
        _guard = guard;
        Record(item, isWrite: false);
    }

    /// <summary>An address: in which space, and which register plus which offset.</summary>
    private readonly record struct Place(MemorySpace Space, int Register, bool IsWide, long Offset);

    private Place PlaceOf(string name, long offset)
    {
        if (Find(name) is not VariableSymbol symbol)
        {
            throw Refuse($"'{name}' is no variable.");
        }

        switch (symbol.Variable.Space)
        {
            case StateSpace.Shared:
                return new Place(MemorySpace.Shared, Instruction.None, false, _program.AddressOfShared(symbol.Variable) + offset);
            case StateSpace.Global or StateSpace.Constant:
                return new Place(MemorySpace.Global, Instruction.None, false, (long)_program.Module.AddressOf(symbol.Variable) + offset);
            case StateSpace.Local or StateSpace.Parameter or StateSpace.Register when symbol.Number >= 0:
                MemorySpace space = symbol.Role == ParameterRole.Kernel ? MemorySpace.Parameter : MemorySpace.Local;
                return FramePlace(space, _places[symbol.Number] + offset);
            default:
                throw Refuse($"Variables such as '{name}' are not emulated.");
        }
    }

    // A kernel's frame begins at address 0; that of a function depends on its caller.
    private Place FramePlace(MemorySpace space, long offset) => space == MemorySpace.Parameter || IsKernel
        ? new Place(space, Instruction.None, false, offset)
        : new Place(space, _plan.Offset(_plan.Fixed(FrameItemKind.Special, 4, (ulong)SpecialRegister.FrameBase)), false, offset);
}
