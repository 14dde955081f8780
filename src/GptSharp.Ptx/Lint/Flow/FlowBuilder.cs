using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Flow;

/// <summary>Lays the statements of a function out in one list, and numbers its registers: one name may mean another register in an inner scope.</summary>
internal sealed class FlowBuilder
{
    // Any GPU and version: which operands an instruction writes does not depend on them.
    private static readonly TargetGpu Everything = new(int.MaxValue, int.MaxValue, 'a', 64);

    private readonly List<Scope> _scopes = [];
    private readonly List<ScalarType> _registers = [];
    private readonly Dictionary<(Scope Owner, string Name), int> _numbers = [];
    private readonly Dictionary<(Scope Owner, string Name), int> _labels = [];
    private readonly Dictionary<string, int> _anyLabel = new(StringComparer.Ordinal);

    public List<FlowInstruction> Instructions { get; } = [];

    public IReadOnlyList<ScalarType> Registers => _registers;

    /// <summary>Adds the body of a function.</summary>
    public void Add(FunctionSyntax function, BlockSyntax body)
    {
        var parameters = new Scope(null);
        foreach (VariableSyntax parameter in function.Results.Concat(function.Parameters))
        {
            Declare(parameter, parameters);
        }

        AddBlock(body, parameters);
    }

    /// <summary>The instructions that a branch may go to.</summary>
    public IEnumerable<int> TargetsOf(int instruction)
    {
        InstructionSyntax syntax = Instructions[instruction].Syntax;
        Scope scope = _scopes[instruction];
        if (syntax.Opcode is not ("bra" or "brx") || syntax.Operands.Count == 0 || syntax.Operands[^1] is not NameOperand name)
        {
            return [];
        }

        IEnumerable<string> labels = syntax.Opcode == "bra" ? [name.Name]
            : scope.Find(name.Name) is TargetListSymbol list ? list.List.Targets
            : [];
        return labels.Select(label => Place(scope, label)).Where(place => place >= 0).Distinct();
    }

    private int Place(Scope scope, string label) =>
        scope.OwnerOf(label) is { } owner && _labels.TryGetValue((owner, label), out int place) ? place : _anyLabel.GetValueOrDefault(label, -1);

    private void AddBlock(BlockSyntax block, Scope around)
    {
        var scope = new Scope(around);
        foreach (StatementSyntax statement in block.Statements)
        {
            if (statement is LabelSyntax label)
            {
                scope.TryDeclare(label.Name, new LabelSymbol());
            }
            else if (statement is TargetListSyntax list)
            {
                scope.TryDeclare(list.Name, new TargetListSymbol(list));
            }
        }

        var matcher = new FormMatcher(scope, Everything);
        foreach (StatementSyntax statement in block.Statements)
        {
            switch (statement)
            {
                case LabelSyntax label:
                    _labels[(scope, label.Name)] = Instructions.Count;
                    _anyLabel.TryAdd(label.Name, Instructions.Count);
                    break;
                case DeclarationSyntax declaration:
                    foreach (VariableSyntax variable in declaration.Variables)
                    {
                        Declare(variable, scope);
                    }

                    break;
                case BlockSyntax inner:
                    AddBlock(inner, scope);
                    break;
                case InstructionSyntax instruction:
                    AddInstruction(instruction, scope, matcher);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Declare(VariableSyntax variable, Scope scope)
    {
        var register = new RegisterSymbol(variable.Type, variable.VectorLength);
        if (variable.Space != StateSpace.Register)
        {
            scope.TryDeclare(variable.Name, new VariableSymbol(variable));
        }
        else if (variable.RangeCount is { } count)
        {
            scope.TryDeclareRange(variable.Name, count, register);
        }
        else
        {
            scope.TryDeclare(variable.Name, register);
        }
    }

    private void AddInstruction(InstructionSyntax instruction, Scope scope, FormMatcher matcher)
    {
        var results = new List<int>();
        var sources = new List<int>();
        if (instruction.Guard is { } guard)
        {
            Collect(new NameOperand(guard.Register, null, false, 0), scope, sources);
        }

        matcher.Check(instruction);
        for (int i = 0; i < instruction.Operands.Count; i++)
        {
            bool isResult = instruction.Opcode == "call"
                ? i == 0 && instruction.Operands[0] is ListOperand
                : i < matcher.Operands.Count && matcher.Operands[i].IsResult;
            Collect(instruction.Operands[i], scope, isResult ? results : sources);
        }

        Instructions.Add(new FlowInstruction(instruction, results, sources));
        _scopes.Add(scope);
    }

    private void Collect(OperandSyntax operand, Scope scope, List<int> registers)
    {
        switch (operand)
        {
            case NameOperand name:
                if (scope.OwnerOf(name.Name) is { } owner && owner.Find(name.Name) is RegisterSymbol register)
                {
                    registers.Add(NumberOf(owner, name, register));
                }

                break;
            case AddressOperand address:
                Collect(address.Base, scope, registers);
                CollectAll(address.Rest, scope, registers);
                break;
            case VectorOperand vector:
                CollectAll(vector.Elements, scope, registers);
                break;
            case ListOperand list:
                CollectAll(list.Elements, scope, registers);
                break;
            case PairOperand pair:
                Collect(pair.First, scope, registers);
                Collect(pair.Second, scope, registers);
                break;
            case ElementOperand element:
                Collect(element.Index, scope, registers);
                break;
            default:
                break;
        }
    }

    private void CollectAll(IReadOnlyList<OperandSyntax> operands, Scope scope, List<int> registers)
    {
        foreach (OperandSyntax operand in operands)
        {
            Collect(operand, scope, registers);
        }
    }

    // The parts of a vector register live on their own.
    private int NumberOf(Scope owner, NameOperand name, RegisterSymbol register)
    {
        string key = register.VectorLength > 1 ? name.FullName : name.Name;
        if (!_numbers.TryGetValue((owner, key), out int number))
        {
            number = _registers.Count;
            _numbers.Add((owner, key), number);
            _registers.Add(register.Type);
        }

        return number;
    }
}
