using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Matrix;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Matrix instructions.
internal sealed unsafe partial class FunctionDecoder
{
    private void DecodeMatrix(InstructionSyntax statement)
    {
        MemorySpace space = MemorySpace.Generic;
        foreach (string word in statement.Modifiers)
        {
            space = SpaceOf(word) ?? space;
        }

        if (!MatrixBinding.TryBind(statement.Opcode, statement.Modifiers, _program.Options.Mma, out MatrixOperation operation))
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        bool strided = operation.Kind is MatrixOperationKind.LoadStridedRows or MatrixOperationKind.StoreStridedRows;
        bool stores = operation.Kind is MatrixOperationKind.StoreLaneRows or MatrixOperationKind.StoreStridedRows;
        bool loads = operation.Kind is MatrixOperationKind.LoadLaneRows or MatrixOperationKind.LoadStridedRows;
        int factors = (operation.BCount > 0 ? 1 : 0) + (operation.CCount > 0 ? 1 : 0);
        int count = 2 + (loads || stores ? 0 : factors);
        Need(statement, count, strided ? count + 1 : count);

        // The sources first: the place of a result may be one of theirs.
        int[] sources = [.. Sources(statement, operation, loads, stores)];
        Place place = loads ? PlaceOf(statement.Operands[1], space) : stores ? PlaceOf(statement.Operands[0], space) : default;
        int address = loads || stores ? AddressLanes(place) : Instruction.None;
        int stride = strided && statement.Operands.Count == 3 ? Read(statement.Operands[2], NumberType.U32) : Instruction.None;
        int[] results = stores ? [] : [.. Registers(statement.Operands[0], operation.DestinationCount, isWrite: true)];
        Instruction step = Instruction.Create(loads ? Operation.LoadRows : stores ? Operation.StoreRows : Operation.Matrix);
        step.Detail = _program.AddMatrix(new MatrixStep(operation, [.. results, .. sources])
        {
            Stride = stride,
            Memory = loads || stores ? RowAccess(operation, place, address) : null,
        });
        EmitStep(step);
    }

    private List<int> Sources(InstructionSyntax statement, MatrixOperation operation, bool loads, bool stores)
    {
        if (loads)
        {
            return [];
        }

        var sources = new List<int>(Registers(statement.Operands[1], operation.ACount, isWrite: false));
        if (!stores && operation.BCount > 0)
        {
            sources.AddRange(Registers(statement.Operands[2], operation.BCount, isWrite: false));
        }

        if (!stores && operation.CCount > 0)
        {
            sources.AddRange(Registers(statement.Operands[3], operation.CCount, isWrite: false));
        }

        return sources;
    }

    private List<int> Registers(OperandSyntax operand, int count, bool isWrite)
    {
        IReadOnlyList<OperandSyntax> elements = ElementsOf(operand);
        if (elements.Count != count)
        {
            throw Refuse($"{_statement!.Name} takes {count} registers here, not {elements.Count}.");
        }

        return [.. elements.Select(element => isWrite ? Write(element, NumberType.B32) : Read(element, NumberType.B32))];
    }

    // Every lane's address, as 64 bits.
    private int AddressLanes(Place place) => place.Register == Instruction.None
        ? Constant(0, 8)
        : Fit(place.Register, place.IsWide ? 8 : 4, 8);

    private MemoryInstruction RowAccess(MatrixOperation operation, Place place, int address)
    {
        int element = Math.Max(operation.ElementBytes, 2);
        return new MemoryInstruction
        {
            Index = Here,
            Space = place.Space,
            ElementBytes = operation.ElementBytes == 0 ? 16 : element,
            ElementCount = 1,
            Address = address,
            AddressIsWide = true,
            Offset = place.Offset,
        };
    }
}
