using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>What a name stands for.</summary>
internal abstract record Symbol;

/// <summary>A register.</summary>
/// <param name="Item">Its number in the frame.</param>
/// <param name="SlotBytes">4 or 8; 16 for .b128; 0 for a predicate.</param>
internal sealed record RegisterSymbol(int Item, int SlotBytes) : Symbol;

/// <summary>A register that is a vector: its parts have names of their own.</summary>
/// <param name="Parts">The parts, x first.</param>
internal sealed record VectorRegisterSymbol(RegisterSymbol[] Parts) : Symbol;

/// <summary>A variable or parameter of the function, or of module scope.</summary>
/// <param name="Variable">Its declaration.</param>
/// <param name="Number">Its number in the function, by which its place is known; -1 for module scope.</param>
/// <param name="Role">Whose parameter it is, if any.</param>
internal sealed record VariableSymbol(VariableSyntax Variable, int Number, ParameterRole Role) : Symbol;

/// <summary>A function.</summary>
/// <param name="Function">Its definition, or its declaration when the module has no definition.</param>
internal sealed record FunctionSymbol(FunctionSyntax Function) : Symbol;

/// <summary>What a variable is to calls.</summary>
internal enum ParameterRole
{
    /// <summary>No parameter.</summary>
    None,

    /// <summary>A parameter of the kernel.</summary>
    Kernel,

    /// <summary>A parameter or result of the function itself.</summary>
    Incoming,

    /// <summary>An argument or result of a call in the function.</summary>
    Outgoing,
}

/// <summary>The names that a scope in braces declares.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, Symbol> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Count, VariableSyntax Variable)> _ranges = new(StringComparer.Ordinal);

    /// <summary>The scope around this one.</summary>
    public Scope? Parent => parent;

    /// <summary>Labels, with their numbers in the function.</summary>
    public Dictionary<string, int> Labels { get; } = new(StringComparer.Ordinal);

    /// <summary>Lists of branch targets and call prototypes, by name.</summary>
    public Dictionary<string, StatementSyntax> Lists { get; } = new(StringComparer.Ordinal);

    /// <summary>Declares a name.</summary>
    public void Declare(string name, Symbol symbol) => _symbols[name] = symbol;

    /// <summary>Declares registers with numbered names.</summary>
    public void DeclareRange(VariableSyntax variable) => _ranges[variable.Name] = (variable.RangeCount!.Value, variable);

    /// <summary>Finds a name in this scope alone.</summary>
    public Symbol? Own(string name, Func<VariableSyntax, Symbol> createRegister)
    {
        if (_symbols.TryGetValue(name, out Symbol? symbol))
        {
            return symbol;
        }

        int digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1]))
        {
            digits--;
        }

        // A number has no leading zeros; the name before it may end with digits itself (%r1<20> declares %r10 to %r119).
        for (int split = digits; split < name.Length; split++)
        {
            if ((name[split] == '0' && split + 1 < name.Length) || !_ranges.TryGetValue(name[..split], out (int Count, VariableSyntax Variable) range))
            {
                continue;
            }

            if (int.TryParse(name.AsSpan(split), out int number) && number < range.Count)
            {
                symbol = createRegister(range.Variable);
                _symbols.Add(name, symbol);
                return symbol;
            }
        }

        return null;
    }
}
