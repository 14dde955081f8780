using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Branches and calls.
internal sealed unsafe partial class FunctionDecoder
{
    /// <summary>In the control of a trap: an assertion is behind it.</summary>
    public const int FailedAssertion = 1;

    private void Branch(InstructionSyntax statement)
    {
        Need(statement, 1, 1);
        if (statement.Operands[0] is not NameOperand name)
        {
            throw Refuse("A branch needs the name of a label.");
        }

        int label = Label(name.Name);
        if (_unit.Exits.Contains(label) && _guard != Instruction.None)
        {
            EmitStep(Instruction.Create(Operation.Exit));
            return;
        }

        EmitBranch(label);
    }

    private void EmitBranch(int label)
    {
        if (_guard == Instruction.None)
        {
            Instruction jump = Instruction.Create(Operation.Branch);
            jump.Target = label;
            EmitStep(jump);
            return;
        }

        // The guard is the condition, not a mask: both sides go on.
        Instruction step = Instruction.Create(Operation.BranchIf);
        step.Target = label;
        step.A = ReadItem(_guard);
        step.Control = _statement!.Guard!.Negated ? 1 : 0;
        step.Reconvergence = Meeting();
        _guard = Instruction.None;
        EmitStep(step);
        PlaceLabel(_unit.NewLabel(), null);
    }

    private int Meeting() => _plan.IsPlaced ? _unit.Meetings[_branches++] : Instruction.None;

    private void BranchIndexed(InstructionSyntax statement)
    {
        Need(statement, 2, 2);
        if (statement.Operands[1] is not NameOperand name || List<TargetListSyntax>(name.Name) is not { AreFunctions: false } list)
        {
            throw Refuse("brx.idx needs the name of a list of branch targets.");
        }

        Instruction step = Instruction.Create(Operation.BranchIndexed);
        step.A = Read(statement.Operands[0], NumberType.U32);
        step.Detail = _program.AddTargets([.. list.Targets.Select(Label)]);
        step.Reconvergence = Meeting();
        EmitStep(step);
        PlaceLabel(_unit.NewLabel(), null);
    }

    // call{.uni} {(results),} function {, (arguments)} {, prototype or list of targets}
    private void Call(InstructionSyntax statement)
    {
        var operands = new Queue<OperandSyntax>(statement.Operands);
        ListOperand? results = operands.TryPeek(out OperandSyntax? first) && first is ListOperand ? (ListOperand)operands.Dequeue() : null;
        if (!operands.TryDequeue(out OperandSyntax? callee) || callee is not NameOperand name)
        {
            throw Refuse("A call needs the name or address of a function.");
        }

        ListOperand? arguments = operands.TryPeek(out first) && first is ListOperand ? (ListOperand)operands.Dequeue() : null;
        string? signature = operands.TryDequeue(out first) && first is NameOperand list ? list.Name : null;
        Instruction step;
        IReadOnlyList<VariableSyntax> parameters;
        IReadOnlyList<VariableSyntax> returned;
        if (Find(name.Name) is FunctionSymbol { Function: var function })
        {
            (parameters, returned) = (function.Parameters, function.Results);
            step = Instruction.Create(Operation.Call);
            step.Detail = _program.Callee(_unit, function);
            if (step.Detail < 0 && function.Name is "__assertfail" or "__assert_fail")
            {
                Instruction failure = Instruction.Create(Operation.Trap);
                failure.Control = FailedAssertion;
                EmitStep(failure);
                return;
            }

            if (step.Detail < 0)
            {
                throw Refuse($"The function '{function.Name}' is not defined in this file.");
            }
        }
        else
        {
            (parameters, returned) = Signature(signature);
            step = Instruction.Create(Operation.CallIndirect);
            step.A = Read(name, NumberType.B64);
            _program.CallIndirectly(_unit);
        }

        (List<(int Offset, VariableSyntax Variable)> incoming, List<(int Offset, VariableSyntax Variable)> outgoing) = Layout(parameters, returned);
        _unit.NeedOutgoing(outgoing.Concat(incoming).Max(place => (int?)(place.Offset + place.Variable.ByteLength)) ?? 0);
        Pass(arguments, incoming, isResult: false);
        step.Control = _unit.OutgoingBase;
        EmitStep(step);
        Pass(results, outgoing, isResult: true);
    }

    private (IReadOnlyList<VariableSyntax> Parameters, IReadOnlyList<VariableSyntax> Results) Signature(string? name)
    {
        if (name is not null && List<CallPrototypeSyntax>(name) is { } prototype)
        {
            return (prototype.Parameters, prototype.Results);
        }

        if (name is not null && List<TargetListSyntax>(name) is { AreFunctions: true } list
            && Find(list.Targets[0]) is FunctionSymbol { Function: var function })
        {
            return (function.Parameters, function.Results);
        }

        throw Refuse("A call of an address needs a prototype or a list of functions.");
    }

    // As the callee lays out its frame: parameters, then results.
    private static (List<(int, VariableSyntax)>, List<(int, VariableSyntax)>) Layout(
        IReadOnlyList<VariableSyntax> parameters, IReadOnlyList<VariableSyntax> results)
    {
        int end = 0;
        List<(int, VariableSyntax)> Lay(IReadOnlyList<VariableSyntax> variables)
        {
            var places = new List<(int, VariableSyntax)>();
            foreach (VariableSyntax variable in variables)
            {
                int offset = FunctionUnit.Align(end, variable.Alignment);
                places.Add((offset, variable));
                end = checked((int)(offset + variable.ByteLength));
            }

            return places;
        }

        return (Lay(parameters), Lay(results));
    }

    private void Pass(ListOperand? operands, List<(int Offset, VariableSyntax Variable)> places, bool isResult)
    {
        if ((operands?.Elements.Count ?? 0) != places.Count)
        {
            throw Refuse($"The call has {operands?.Elements.Count ?? 0} {(isResult ? "results" : "arguments")}, and the function {places.Count}.");
        }

        for (int i = 0; i < places.Count; i++)
        {
            OperandSyntax operand = operands!.Elements[i];
            (int offset, VariableSyntax variable) = places[i];
            if (operand is NameOperand name && Find(name.Name) is VariableSymbol { Role: ParameterRole.Outgoing } symbol)
            {
                if (!_unit.PlaceOutgoing(symbol.Number, offset))
                {
                    throw Refuse($"'{name.Name}' is passed to several calls at different places, which is not emulated.");
                }

                continue;
            }

            MoveInRegisters(_unit.OutgoingBase + offset, variable, operand, isLoad: isResult);
        }
    }

    private void LoadRegisterParameters() => OrRefuse(() =>
    {
        foreach ((int offset, VariableSyntax variable) in _registerParameters)
        {
            MoveRegisterParameter(offset, variable, isLoad: true);
        }
    });

    private void StoreRegisterResults() => OrRefuse(() =>
    {
        foreach ((int offset, VariableSyntax variable) in _registerResults)
        {
            MoveRegisterParameter(offset, variable, isLoad: false);
        }
    });

    private void MoveRegisterParameter(int offset, VariableSyntax variable, bool isLoad) =>
        MoveInRegisters(offset, variable, new NameOperand(variable.Name, null, false, 0), isLoad);

    // A parameter or result that stands in registers, one per element of a vector.
    private void MoveInRegisters(int offset, VariableSyntax variable, OperandSyntax operand, bool isLoad)
    {
        NumberType type = NumberTypes.Parse(variable.Type.ToString().ToLowerInvariant());
        IReadOnlyList<OperandSyntax> elements = ElementsOf(operand);
        if (type.Bits() is not 8 and not 16 and not 32 and not 64 || elements.Count != variable.VectorLength || variable.Dimensions.Count > 0)
        {
            throw Refuse($"Passing '{variable.Name}' in registers is not emulated.");
        }

        foreach (OperandSyntax element in elements)
        {
            Place place = FramePlace(MemorySpace.Local, offset);
            if (isLoad)
            {
                EmitLoad(place, type, [Write(element, type)]);
            }
            else
            {
                EmitStore(place, type, [Read(element, type)]);
            }

            offset += type.Bits() / 8;
        }
    }
}
