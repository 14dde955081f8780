using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// Names: what declarations introduce and what operands find.
internal sealed unsafe partial class FunctionDecoder
{
    private readonly List<(int Offset, VariableSyntax Variable)> _registerParameters = [];
    private readonly List<(int Offset, VariableSyntax Variable)> _registerResults = [];
    private readonly Dictionary<int, int> _places = [];
    private int _variables;

    private void DeclareParameters()
    {
        if (IsKernel)
        {
            int offset = 0;
            foreach (VariableSyntax parameter in _unit.Function.Parameters)
            {
                offset = FunctionUnit.Align(offset, parameter.Alignment);
                AddVariable(parameter, ParameterRole.Kernel, offset);
                offset += (int)parameter.ByteLength;
            }

            return;
        }

        foreach (VariableSyntax parameter in _unit.Function.Parameters)
        {
            DeclareIncoming(parameter, _registerParameters);
        }

        foreach (VariableSyntax result in _unit.Function.Results)
        {
            DeclareIncoming(result, _registerResults);
        }
    }

    private void DeclareIncoming(VariableSyntax parameter, List<(int Offset, VariableSyntax Variable)> registers)
    {
        int offset = _unit.Reserve(parameter.ByteLength, parameter.Alignment);
        if (parameter.Space == StateSpace.Register)
        {
            DeclareRegister(parameter);
            registers.Add((offset, parameter));
        }
        else
        {
            AddVariable(parameter, ParameterRole.Incoming, offset);
        }
    }

    private void AddVariable(VariableSyntax variable, ParameterRole role, int place)
    {
        _places.Add(_variables, place);
        _scope.Declare(variable.Name, new VariableSymbol(variable, _variables++, role));
    }

    private void DeclareLabels(IReadOnlyList<StatementSyntax> statements)
    {
        foreach (StatementSyntax statement in statements)
        {
            switch (statement)
            {
                case LabelSyntax label:
                    _scope.Labels.TryAdd(label.Name, _unit.NewLabel());
                    break;
                case TargetListSyntax list:
                    _scope.Lists[list.Name] = list;
                    break;
                case CallPrototypeSyntax prototype:
                    _scope.Lists[prototype.Name] = prototype;
                    break;
                default:
                    break;
            }
        }

        if (!_plan.IsPlaced)
        {
            FindExits(statements);
        }
    }

    // A label from which the thread exits at once: a branch to it is an exit.
    private void FindExits(IReadOnlyList<StatementSyntax> statements)
    {
        bool exits = false;
        for (int i = statements.Count - 1; i >= 0; i--)
        {
            switch (statements[i])
            {
                case InstructionSyntax instruction:
                    exits = instruction.Guard is null && (instruction.Opcode == "exit" || (instruction.Opcode == "ret" && IsKernel));
                    break;
                case LabelSyntax label when exits:
                    _unit.Exits.Add(_scope.Labels[label.Name]);
                    break;
                case BlockSyntax:
                    exits = false;
                    break;
                default:
                    break;
            }
        }
    }

    private void Declare(DeclarationSyntax declaration)
    {
        foreach (VariableSyntax variable in declaration.Variables)
        {
            switch (variable.Space)
            {
                case StateSpace.Register when variable.RangeCount is not null:
                    _scope.DeclareRange(variable);
                    break;
                case StateSpace.Register:
                    DeclareRegister(variable);
                    break;
                case StateSpace.Shared or StateSpace.Global or StateSpace.Constant:
                    _scope.Declare(variable.Name, new VariableSymbol(variable, -1, ParameterRole.None));
                    break;
                default:
                    bool outgoing = variable.Space == StateSpace.Parameter && _unit.Outgoing(_variables) >= 0;
                    int place = outgoing
                        ? _unit.OutgoingBase + _unit.Outgoing(_variables)
                        : _unit.Reserve(variable.ByteLength, variable.Alignment);
                    AddVariable(variable, variable.Space == StateSpace.Parameter ? ParameterRole.Outgoing : ParameterRole.None, place);
                    break;
            }
        }
    }

    private void DeclareRegister(VariableSyntax variable) => _scope.Declare(variable.Name, CreateRegister(variable));

    private Symbol CreateRegister(VariableSyntax variable)
    {
        if (variable.VectorLength == 1)
        {
            return CreateScalar(variable);
        }

        var parts = new RegisterSymbol[variable.VectorLength];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = CreateScalar(variable);
        }

        return new VectorRegisterSymbol(parts);
    }

    private RegisterSymbol CreateScalar(VariableSyntax variable)
    {
        int bytes = variable.Type switch
        {
            ScalarType.Pred => 0,
            _ => Math.Max(4, variable.Type.Bytes()),
        };
        int item = bytes == 0 ? _plan.Next(FrameItemKind.Predicate, 4) : _plan.Next(FrameItemKind.Register, bytes);
        return new RegisterSymbol(item, bytes);
    }

    private Symbol? Find(string name)
    {
        for (Scope? scope = _scope; scope is not null; scope = scope.Parent)
        {
            if (scope.Own(name, CreateRegister) is { } symbol)
            {
                return symbol;
            }
        }

        return _program.Module.Find(name);
    }

    private int Label(string name)
    {
        for (Scope? scope = _scope; scope is not null; scope = scope.Parent)
        {
            if (scope.Labels.TryGetValue(name, out int label))
            {
                return label;
            }
        }

        throw Refuse($"The label '{name}' is not defined.");
    }

    private T? List<T>(string name)
        where T : StatementSyntax
    {
        for (Scope? scope = _scope; scope is not null; scope = scope.Parent)
        {
            if (scope.Lists.TryGetValue(name, out StatementSyntax? list))
            {
                return list as T;
            }
        }

        return null;
    }
}
