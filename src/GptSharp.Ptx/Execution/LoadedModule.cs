using System.Collections.Concurrent;
using GptSharp.Ptx.Execution.Decoding;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution;

/// <summary>A module whose variables have their places in a device memory, with the programs decoded for it.</summary>
internal sealed class LoadedModule
{
    private const ulong FirstFunction = 0x0400_0000_0000;
    private const ulong FunctionDistance = 16;

    private readonly Dictionary<string, Symbol> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<VariableSyntax, DeviceBuffer> _buffers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, ulong> _functions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Kernel, ProgramOptions Options), Lazy<KernelProgram>> _programs = new();

    /// <summary>Gives every variable a place and its first value.</summary>
    /// <param name="syntax">The module.</param>
    /// <param name="memory">Where to; null for a module that has no variables there.</param>
    public LoadedModule(ModuleSyntax syntax, DeviceMemory? memory)
    {
        Syntax = syntax;
        foreach (FunctionSyntax function in syntax.Functions)
        {
            DeclareFunction(function);
        }

        foreach (VariableSyntax variable in AllVariables(syntax).Where(IsInMemory))
        {
            _buffers.Add(variable, memory!.Allocate(variable.ByteLength, variable.Name, variable.Space == StateSpace.Constant));
        }

        foreach (VariableSyntax variable in syntax.Variables)
        {
            // A definition wins over declarations of the same name.
            if (variable.Linkage != Linkage.Extern || !_symbols.ContainsKey(variable.Name))
            {
                _symbols[variable.Name] = new VariableSymbol(variable, -1, ParameterRole.None);
            }
        }

        foreach ((VariableSyntax variable, DeviceBuffer buffer) in _buffers)
        {
            Initialisers.Write(variable, buffer, AddressOf);
        }
    }

    /// <summary>The module.</summary>
    public ModuleSyntax Syntax { get; }

    /// <summary>Whether a module has variables that need places in a device memory.</summary>
    public static bool HasVariables(ModuleSyntax syntax) => AllVariables(syntax).Any(IsInMemory);

    /// <summary>What a name of module scope stands for.</summary>
    public Symbol? Find(string name) => _symbols.GetValueOrDefault(name);

    /// <summary>Address of a global or constant variable.</summary>
    public ulong AddressOf(VariableSyntax variable) => _buffers.TryGetValue(variable, out DeviceBuffer? buffer)
        ? buffer.Address
        : throw new NotEmulatedException($"The variable '{variable.Name}' is not defined in this file.");

    /// <summary>Address of a function.</summary>
    public ulong AddressOf(FunctionSyntax function) => _functions[function.Name];

    /// <summary>The memory of a variable of module scope, or null.</summary>
    public DeviceBuffer? Variable(string name) =>
        Find(name) is VariableSymbol symbol && _buffers.TryGetValue(symbol.Variable, out DeviceBuffer? buffer) ? buffer : null;

    /// <summary>The program of a kernel, decoded on first use.</summary>
    public KernelProgram Program(FunctionSyntax kernel, ProgramOptions options) => _programs.GetOrAdd(
        (kernel.Name, options),
        key => new Lazy<KernelProgram>(() => ProgramBuilder.Build(this, kernel, key.Options))).Value;

    /// <summary>Gives back the memory of all variables.</summary>
    public void FreeVariables(DeviceMemory memory)
    {
        foreach (DeviceBuffer buffer in _buffers.Values)
        {
            memory.Free(buffer);
        }
    }

    private static bool IsInMemory(VariableSyntax variable) =>
        variable.Space is StateSpace.Global or StateSpace.Constant && variable.Linkage != Linkage.Extern;

    private static IEnumerable<VariableSyntax> AllVariables(ModuleSyntax syntax)
    {
        var pending = new Stack<StatementSyntax>(syntax.Functions.Select(function => function.Body).OfType<BlockSyntax>().Reverse());
        var inner = new List<VariableSyntax>();
        while (pending.TryPop(out StatementSyntax? statement))
        {
            if (statement is DeclarationSyntax declaration)
            {
                inner.AddRange(declaration.Variables);
            }
            else if (statement is BlockSyntax block)
            {
                foreach (StatementSyntax child in block.Statements)
                {
                    if (child is DeclarationSyntax or BlockSyntax)
                    {
                        pending.Push(child);
                    }
                }
            }
        }

        return syntax.Variables.Concat(inner);
    }

    private void DeclareFunction(FunctionSyntax function)
    {
        if (function.IsEntry)
        {
            return;
        }

        _functions.TryAdd(function.Name, FirstFunction + ((ulong)_functions.Count * FunctionDistance));
        if (function.Body is not null || !_symbols.ContainsKey(function.Name))
        {
            _symbols[function.Name] = new FunctionSymbol(function);
        }
    }

    private ulong AddressOf(string name) => Find(name) switch
    {
        VariableSymbol variable => AddressOf(variable.Variable),
        FunctionSymbol function => AddressOf(function.Function),
        _ => throw new NotEmulatedException($"'{name}' is not defined in this file."),
    };
}
