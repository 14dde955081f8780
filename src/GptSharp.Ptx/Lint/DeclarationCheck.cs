using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Checks declarations and the directives of functions: what they need, and what they may hold.</summary>
internal sealed class DeclarationCheck(TargetGpu target, int addressSize, FindingList refused)
{
    private static readonly Dictionary<string, Requirement> Directives = new(StringComparer.Ordinal)
    {
        ["maxnreg"] = Requirement.Parse("1.3/0"),
        ["maxntid"] = Requirement.Parse("1.3/0"),
        ["reqntid"] = Requirement.Parse("2.1/0"),
        ["minnctapersm"] = Requirement.Parse("2.0/20"),
        ["maxnctapersm"] = Requirement.Parse("1.3/0"),
        ["noreturn"] = Requirement.Parse("6.4/30"),
        ["pragma"] = Requirement.Parse("2.0/0"),
        ["reqnctapercluster"] = Requirement.Parse("7.8/90"),
        ["explicitcluster"] = Requirement.Parse("7.8/90"),
        ["maxclusterrank"] = Requirement.Parse("7.8/90"),
        ["blocksareclusters"] = Requirement.Parse("9.0/90"),
        ["abi_preserve"] = Requirement.Parse("9.0/80"),
        ["abi_preserve_control"] = Requirement.Parse("9.0/80"),
    };

    private static readonly Requirement Wide = Requirement.Parse("8.3/70");
    private static readonly Requirement Half = Requirement.Parse("4.2/0");

    /// <summary>Checks the directives between a function's parameters and its body.</summary>
    public void CheckHead(FunctionSyntax function)
    {
        foreach (DirectiveSyntax directive in function.Directives)
        {
            if (!Directives.TryGetValue(directive.Name, out Requirement? needed))
            {
                refused.Add(directive.Span, $"There is no directive '.{directive.Name}' for functions.");
            }
            else if (!needed.IsMetBy(target))
            {
                refused.Add(directive.Span, $"'.{directive.Name}' needs {needed}; this file is for {target}.");
            }
        }

        foreach (VariableSyntax parameter in function.Parameters.Concat(function.Results))
        {
            CheckType(parameter);
        }
    }

    /// <summary>Checks a declaration.</summary>
    /// <param name="variable">The variable or register.</param>
    /// <param name="scope">The names that it sees.</param>
    /// <param name="isModuleScope">Whether it stands outside every function.</param>
    public void CheckVariable(VariableSyntax variable, Scope scope, bool isModuleScope)
    {
        CheckType(variable);
        if (isModuleScope && variable.Space is StateSpace.Register or StateSpace.Local or StateSpace.Parameter or StateSpace.Generic)
        {
            refused.Add(variable.Span, $"'{variable.Name}' cannot be declared outside of functions in this state space.");
        }

        if (variable.Type == ScalarType.Pred && variable.Space != StateSpace.Register)
        {
            refused.Add(variable.Span, $"'{variable.Name}' is a predicate; only registers can be.");
        }

        if (variable.IsUnsized && variable.Initializer is null && variable.Linkage is not Linkage.Extern && variable.Space is not StateSpace.Parameter)
        {
            refused.Add(variable.Span, $"The array '{variable.Name}' has no length.");
        }

        if (variable.Initializer is { } initializer)
        {
            CheckInitializer(variable, initializer, scope);
        }
    }

    private void CheckType(VariableSyntax variable)
    {
        Requirement? needed = variable.Type switch
        {
            ScalarType.B128 => Wide,
            ScalarType.F16 or ScalarType.F16x2 => Half,
            _ => null,
        };
        if (needed is not null && !needed.IsMetBy(target))
        {
            refused.Add(variable.Span, $"The type .{variable.Type.ToString().ToLowerInvariant()} needs {needed}; this file is for {target}.");
        }
    }

    private void CheckInitializer(VariableSyntax variable, InitializerSyntax initializer, Scope scope)
    {
        if (variable.Space is not (StateSpace.Global or StateSpace.Constant))
        {
            refused.Add(variable.Span, $"'{variable.Name}' cannot have a value at the start; only variables in .global and .const can.");
            return;
        }

        long room = variable.IsUnsized ? long.MaxValue : variable.ByteLength / variable.Type.Bytes();
        long count = 0;
        foreach (InitializerSyntax element in Flatten(initializer))
        {
            count++;
            if (element is AddressInitializer address)
            {
                CheckAddress(variable, address, scope);
            }
        }

        if (count > room)
        {
            refused.Add(variable.Span, $"'{variable.Name}' has {room} elements, but {count} values.");
        }
    }

    private void CheckAddress(VariableSyntax variable, AddressInitializer address, Scope scope)
    {
        if (scope.Find(address.Name) is not (VariableSymbol or FunctionSymbol))
        {
            refused.Add(variable.Span, $"'{variable.Name}' holds the address of '{address.Name}', which is not declared.");
        }
        else if (address.Mask == 0 && variable.Type.Bits() < 32)
        {
            refused.Add(variable.Span, $"'{variable.Name}' holds an address of {addressSize} bits, but has the type .{variable.Type.ToString().ToLowerInvariant()}.");
        }
    }

    private static IEnumerable<InitializerSyntax> Flatten(InitializerSyntax initializer) =>
        initializer is ListInitializer list ? list.Elements.SelectMany(Flatten) : [initializer];
}
