using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Lint.Warnings;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Checks the body of a function: declarations, labels, and each instruction.</summary>
internal sealed class FunctionCheck(
    FunctionSyntax function, TargetGpu target, Scope module, DeclarationCheck declarations, FindingList refused, FindingList warnings)
{
    private readonly Scope _labels = new(module);

    public void Check()
    {
        var parameters = new Scope(_labels);
        foreach (VariableSyntax parameter in function.Results.Concat(function.Parameters))
        {
            Symbol symbol = parameter.Space == StateSpace.Register
                ? new RegisterSymbol(parameter.Type, parameter.VectorLength)
                : new VariableSymbol(parameter);
            if (parameter.Name != "_" && !parameters.TryDeclare(parameter.Name, symbol))
            {
                refused.Add(parameter.Span, $"The parameter '{parameter.Name}' is declared twice.");
            }
        }

        if (function.Body is { } body)
        {
            CollectLabels(body);
            CheckBlock(body, parameters);
            FunctionWarnings.Check(function, warnings);
        }
    }

    // Labels count before their line; and a label inside braces is found from outside when nothing there has its name.
    private void CollectLabels(BlockSyntax block)
    {
        foreach (StatementSyntax statement in block.Statements)
        {
            switch (statement)
            {
                case LabelSyntax label:
                    _labels.TryDeclare(label.Name, new LabelSymbol());
                    break;
                case BlockSyntax inner:
                    CollectLabels(inner);
                    break;
                default:
                    break;
            }
        }
    }

    private void CheckBlock(BlockSyntax block, Scope around)
    {
        var scope = new Scope(around);
        foreach (StatementSyntax statement in block.Statements)
        {
            switch (statement)
            {
                case LabelSyntax label:
                    Declare(scope, label.Span, label.Name, new LabelSymbol());
                    break;
                case TargetListSyntax list:
                    Declare(scope, list.Span, list.Name, new TargetListSymbol(list));
                    break;
                case CallPrototypeSyntax prototype:
                    Declare(scope, prototype.Span, prototype.Name, new PrototypeSymbol(prototype));
                    break;
                default:
                    break;
            }
        }

        var matcher = new FormMatcher(scope, target);
        var calls = new CallCheck(scope, warnings);
        foreach (StatementSyntax statement in block.Statements)
        {
            switch (statement)
            {
                case DeclarationSyntax declaration:
                    CheckDeclaration(declaration, scope);
                    Warn(declaration.Span, AccessWarnings.Check(declaration));
                    break;
                case BlockSyntax inner:
                    CheckBlock(inner, scope);
                    break;
                case TargetListSyntax list:
                    CheckTargets(list, scope);
                    break;
                case InstructionSyntax instruction:
                    if ((CheckGuard(instruction, scope) ?? matcher.Check(instruction) ?? SpaceCheck.Check(instruction, scope) ?? calls.Check(instruction)) is { } reason)
                    {
                        refused.Add(instruction.Span, reason);
                    }
                    else
                    {
                        Warn(instruction.Span, AccessWarnings.Check(instruction) ?? LiteralWarnings.Check(instruction, matcher));
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private void Warn(SourceSpan span, string? reason)
    {
        if (reason is not null)
        {
            warnings.Add(span, reason);
        }
    }

    private void CheckDeclaration(DeclarationSyntax declaration, Scope scope)
    {
        foreach (VariableSyntax variable in declaration.Variables)
        {
            declarations.CheckVariable(variable, scope, isModuleScope: false);
            if (variable.Space != StateSpace.Register)
            {
                Declare(scope, declaration.Span, variable.Name, new VariableSymbol(variable));
            }
            else if (variable.RangeCount is not { } count)
            {
                Declare(scope, declaration.Span, variable.Name, new RegisterSymbol(variable.Type, variable.VectorLength));
            }
            else if (!scope.TryDeclareRange(variable.Name, count, new RegisterSymbol(variable.Type, variable.VectorLength)))
            {
                refused.Add(declaration.Span, $"Registers '{variable.Name}<{count}>' are declared twice in this scope.");
            }
        }
    }

    private void Declare(Scope scope, SourceSpan span, string name, Symbol symbol)
    {
        if (SpecialRegisters.Find(name) is not null)
        {
            refused.Add(span, $"'{name}' is the name of a special register.");
        }
        else if (!scope.TryDeclare(name, symbol))
        {
            refused.Add(span, symbol is LabelSymbol ? $"The label '{name}' stands twice in this scope." : $"'{name}' is declared twice in this scope.");
        }
    }

    private void CheckTargets(TargetListSyntax list, Scope scope)
    {
        foreach (string name in list.Targets)
        {
            bool known = scope.Find(name) is { } symbol && (list.AreFunctions ? symbol is FunctionSymbol : symbol is LabelSymbol);
            if (!known)
            {
                refused.Add(list.Span, $"The target '{name}' is no {(list.AreFunctions ? "function" : "label")} that is declared.");
            }
        }
    }

    private static string? CheckGuard(InstructionSyntax instruction, Scope scope) => instruction.Guard is not { } guard ? null
        : scope.Find(guard.Register) switch
        {
            null => $"The guard '{guard.Register}' is not declared.",
            RegisterSymbol { Type: ScalarType.Pred } => null,
            _ => $"The guard '{guard.Register}' must be a predicate.",
        };
}
