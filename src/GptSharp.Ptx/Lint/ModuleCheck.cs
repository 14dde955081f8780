using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Checks a whole file: what it declares, and then each function.</summary>
internal sealed class ModuleCheck(ModuleSyntax module, TargetGpu target, FindingList refused, FindingList warnings)
{
    private readonly Scope _scope = new(null);

    public void Check()
    {
        foreach (VariableSyntax variable in module.Variables)
        {
            if (!_scope.TryDeclare(variable.Name, new VariableSymbol(variable)) && !IsAnotherDeclaration(variable))
            {
                refused.Add(variable.Span, $"'{variable.Name}' is declared twice in this file.");
            }
        }

        foreach (FunctionSyntax function in module.Functions)
        {
            Declare(function);
        }

        var declarations = new DeclarationCheck(target, module.AddressSize, refused);
        foreach (VariableSyntax variable in module.Variables)
        {
            declarations.CheckVariable(variable, _scope, isModuleScope: true);
        }

        foreach (FunctionSyntax function in module.Functions)
        {
            declarations.CheckHead(function);
            SizeCheck.Check(function, module, target, refused);
            new FunctionCheck(function, target, _scope, declarations, refused, warnings).Check();
        }
    }

    // .extern and .common variables may be declared again.
    private bool IsAnotherDeclaration(VariableSyntax variable) =>
        _scope.Find(variable.Name) is VariableSymbol { Variable: var other }
        && (variable.Linkage is Linkage.Extern or Linkage.Common || other.Linkage is Linkage.Extern or Linkage.Common);

    private void Declare(FunctionSyntax function)
    {
        if (_scope.TryDeclare(function.Name, new FunctionSymbol(function)))
        {
            return;
        }

        switch (_scope.Find(function.Name))
        {
            case FunctionSymbol { Function.Body: null }:
                _scope.Replace(function.Name, new FunctionSymbol(function));
                break;
            case FunctionSymbol when function.Body is null:
                break;
            case FunctionSymbol:
                refused.Add(function.Span, $"The function '{function.Name}' is defined twice in this file.");
                break;
            default:
                refused.Add(function.Span, $"'{function.Name}' is declared twice in this file.");
                break;
        }
    }
}
