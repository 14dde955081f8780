using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Loads, stores, atomic operations, fences.
internal sealed unsafe partial class FunctionDecoder
{
    private void DecodeMemory(InstructionSyntax statement)
    {
        switch (statement.Opcode)
        {
            case "ld" or "ldu":
                Load(statement);
                break;
            case "st":
                Store(statement);
                break;
            case "atom" or "red":
                Atomic(statement);
                break;
            case "cp":
                Copy(statement);
                break;
            default:
                EmitStep(Instruction.Create(Operation.Fence));
                break;
        }
    }

    // The dotted words of a memory instruction; what has no effect on values is passed over.
    private readonly record struct AccessWords(MemorySpace Space, MemoryOrder Order, NumberType Type, int Elements, bool HasPolicy);

    private static AccessWords Words(InstructionSyntax statement)
    {
        var words = new AccessWords(MemorySpace.Generic, MemoryOrder.Plain, NumberType.None, 1, false);
        foreach (string word in statement.Modifiers)
        {
            if (SpaceOf(word) is { } space)
            {
                words = words with { Space = space };
            }
            else if (word is "volatile" or "relaxed" or "acquire" or "release" or "acq_rel" or "mmio")
            {
                words = words with { Order = MemoryOrder.Strong };
            }
            else if (word == "nc")
            {
                words = words with { Order = MemoryOrder.NonCoherent };
            }
            else if (word is "v2" or "v4" or "v8")
            {
                words = words with { Elements = word[1] - '0' };
            }
            else if (NumberTypes.Parse(word) is var type and not NumberType.None)
            {
                words = words with { Type = type };
            }
            else if (word.EndsWith("cache_hint", StringComparison.Ordinal))
            {
                words = words with { HasPolicy = true };
            }
            else if (word is "async" or "bulk" or "mbarrier" || word.StartsWith("mbarrier", StringComparison.Ordinal))
            {
                throw Refuse($"{statement.Name} is not emulated yet.");
            }
        }

        return words;
    }

    private Place PlaceOf(OperandSyntax operand, MemorySpace space)
    {
        if (operand is ElementOperand element)
        {
            NameOperand start = ElementAddress(element);
            return PlaceOf(start.Name, start.Offset);
        }

        if (operand is not AddressOperand { Rest.Count: 0 } address)
        {
            throw Refuse("An address in square brackets is needed.");
        }

        switch (address.Base)
        {
            case LiteralOperand literal:
                return new Place(space, Instruction.None, false, literal.Value + address.Offset);
            case NameOperand name when Find(name.Name) is VariableSymbol:
                return PlaceOf(name.Name, address.Offset);
            case NameOperand name:
                int register = ReadAny(name, out int slotBytes);
                space = space == MemorySpace.Parameter && !IsKernel ? MemorySpace.Local : space;
                return new Place(space, register, slotBytes == 8, address.Offset);
            default:
                throw Refuse("An address of this kind is not emulated.");
        }
    }

    private void Load(InstructionSyntax statement)
    {
        AccessWords words = Words(statement);
        Need(statement, 2, words.HasPolicy ? 3 : 2);
        IReadOnlyList<OperandSyntax> elements = ElementsOf(statement.Operands[0]);
        CheckVector(statement, words, elements.Count);
        Place place = PlaceOf(statement.Operands[1], words.Space);
        int registerBytes = elements.Max(element => element is NameOperand { IsSink: true } ? 4 : Destination(element).SlotBytes);
        registerBytes = Math.Max(registerBytes, SlotBytes(words.Type));
        bool signed = words.Type.IsSigned();
        int[] registers = [.. elements.Select(element =>
            element is NameOperand { IsSink: true } ? Instruction.None : Write(element, registerBytes, signed))];
        EmitAccess(Operation.Load, place, words, registers, registerBytes);
    }

    private void Store(InstructionSyntax statement)
    {
        AccessWords words = Words(statement);
        Need(statement, 2, words.HasPolicy ? 3 : 2);
        IReadOnlyList<OperandSyntax> elements = ElementsOf(statement.Operands[1]);
        CheckVector(statement, words, elements.Count);
        Place place = PlaceOf(statement.Operands[0], words.Space);
        int[] registers = [.. elements.Select(element => Read(element, words.Type))];
        EmitAccess(Operation.Store, place, words, registers, SlotBytes(words.Type));
    }

    private static void CheckVector(InstructionSyntax statement, AccessWords words, int elements)
    {
        if (words.Type.Bits() is not 8 and not 16 and not 32 and not 64)
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        if (elements != words.Elements)
        {
            throw Refuse($"{statement.Name} takes {words.Elements} elements, not {elements}.");
        }
    }

    private void EmitLoad(Place place, NumberType type, int[] registers) =>
        EmitAccess(Operation.Load, place, new AccessWords(place.Space, MemoryOrder.Plain, type, 1, false), registers, SlotBytes(type));

    private void EmitStore(Place place, NumberType type, int[] registers) =>
        EmitAccess(Operation.Store, place, new AccessWords(place.Space, MemoryOrder.Plain, type, 1, false), registers, SlotBytes(type));

    private void EmitAccess(Operation operation, Place place, AccessWords words, int[] registers, int registerBytes)
    {
        Instruction step = Instruction.Create(operation);
        step.Detail = _program.AddMemory(new MemoryInstruction
        {
            Index = Here,
            Space = place.Space,
            Order = words.Order,
            ElementBytes = words.Type.Bits() / 8,
            ElementCount = registers.Length,
            IsSigned = words.Type.IsSigned(),
            Address = place.Register,
            AddressIsWide = place.IsWide,
            Offset = place.Offset,
            Registers = registers,
            RegisterBytes = registerBytes,
            UsedBytes = _usedBytes,
        });
        EmitStep(step);
    }

    private void Atomic(InstructionSyntax statement)
    {
        AccessWords words = Words(statement);
        bool returns = statement.Opcode == "atom";
        AtomicOperation operation = statement.Modifiers.Select(AtomicOf).FirstOrDefault(found => found != AtomicOperation.None);
        int sources = operation == AtomicOperation.CompareAndSwap ? 2 : 1;
        int count = (returns ? 2 : 1) + sources;
        Need(statement, count, words.HasPolicy ? count + 1 : count);
        if (operation == AtomicOperation.None || TypeOf(words.Type) is not { } type || words.Elements != 1)
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        int at = returns ? 1 : 0;
        Place place = PlaceOf(statement.Operands[at], words.Space);
        int first = Read(statement.Operands[at + 1], words.Type);
        int second = sources == 2 ? Read(statement.Operands[at + 2], words.Type) : Instruction.None;
        bool wanted = returns && statement.Operands[0] is not NameOperand { IsSink: true };
        Instruction step = Instruction.Create(Operation.Atomic);
        step.Detail = _program.AddMemory(new MemoryInstruction
        {
            Index = Here,
            Space = place.Space,
            Order = MemoryOrder.Strong,
            ElementBytes = words.Type.Bits() / 8,
            Address = place.Register,
            AddressIsWide = place.IsWide,
            Offset = place.Offset,
            Registers = [first],
            RegisterBytes = SlotBytes(words.Type),
            Atomic = operation,
            AtomicType = type,
            SecondSource = second,
            OldValue = wanted ? Write(statement.Operands[0], words.Type) : Instruction.None,
        });

        // What such an operation returns, and how such a sum is rounded, depends on the order of the blocks.
        bool isFloat = words.Type.IsFloat() || words.Type is NumberType.F16x2 or NumberType.BF16x2;
        if (place.Space != MemorySpace.Shared && (wanted || isFloat))
        {
            _program.RunsBlocksInOrder = true;
        }

        EmitStep(step);
    }

    private static AtomicOperation AtomicOf(string word) => word switch
    {
        "add" => AtomicOperation.Add,
        "min" => AtomicOperation.Min,
        "max" => AtomicOperation.Max,
        "and" => AtomicOperation.And,
        "or" => AtomicOperation.Or,
        "xor" => AtomicOperation.Xor,
        "inc" => AtomicOperation.Inc,
        "dec" => AtomicOperation.Dec,
        "exch" => AtomicOperation.Exchange,
        "cas" => AtomicOperation.CompareAndSwap,
        _ => AtomicOperation.None,
    };

    private static AtomicType? TypeOf(NumberType type) => type switch
    {
        NumberType.B16 => AtomicType.B16,
        NumberType.B32 => AtomicType.B32,
        NumberType.B64 => AtomicType.B64,
        NumberType.U32 => AtomicType.U32,
        NumberType.U64 => AtomicType.U64,
        NumberType.S32 => AtomicType.S32,
        NumberType.S64 => AtomicType.S64,
        NumberType.F32 => AtomicType.F32,
        NumberType.F64 => AtomicType.F64,
        NumberType.F16 => AtomicType.F16,
        NumberType.BF16 => AtomicType.BF16,
        NumberType.F16x2 => AtomicType.F16x2,
        NumberType.BF16x2 => AtomicType.BF16x2,
        _ => null,
    };
}
