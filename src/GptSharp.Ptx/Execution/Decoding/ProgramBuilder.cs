using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>Decodes a kernel and every function that it can reach into one <see cref="KernelProgram"/>.</summary>
internal sealed class ProgramBuilder
{
    // Threads that recurse get a stack of this size; others exactly what their calls need.
    private const int RecursiveStackBytes = 16 * 1024;
    private const int SharedAlignment = 16;

    private readonly List<FunctionUnit> _units = [];
    private readonly Dictionary<string, FunctionUnit> _unitByName = new(StringComparer.Ordinal);
    private readonly Dictionary<VariableSyntax, int> _shared = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<VariableSyntax> _dynamicShared = new(ReferenceEqualityComparer.Instance);
    private readonly List<Instruction> _code = [];
    private readonly List<StatementSyntax?> _sources = [];
    private readonly List<(string Opcode, IReadOnlyList<string> Modifiers)> _counted = [];
    private readonly List<MemoryInstruction> _memory = [];
    private readonly List<MatrixStep> _matrices = [];
    private readonly List<ShuffleTable> _shuffles = [];
    private readonly List<string> _reasons = [];
    private int _sharedBytes;
    private int _sharedAlignment = SharedAlignment;
    private int _dynamicBase;

    private ProgramBuilder(LoadedModule module, ProgramOptions options) => (Module, Options) = (module, options);

    /// <summary>The module and its variables.</summary>
    public LoadedModule Module { get; }

    /// <summary>How to compute.</summary>
    public ProgramOptions Options { get; }

    /// <summary>What the arithmetic room must know.</summary>
    public ArithmeticOptions Arithmetic => new(Options.Perturb);

    /// <summary>Bytes of an address: 8, or 4 in modules of 32 bits.</summary>
    public int AddressBytes => Module.Syntax.AddressSize / 8;

    /// <summary>Lists of branch targets: labels in the first pass, places of steps at the end.</summary>
    public List<int[]> TargetLists { get; } = [];

    /// <summary>Whether the outcome depends on the order of the blocks, which therefore run one after the other.</summary>
    public bool RunsBlocksInOrder { get; set; }

    /// <summary>Decodes a kernel.</summary>
    public static KernelProgram Build(LoadedModule module, FunctionSyntax kernel, ProgramOptions options)
    {
        var builder = new ProgramBuilder(module, options);
        builder.Unit(kernel);
        for (int i = 0; i < builder._units.Count; i++)
        {
            FunctionDecoder.Survey(builder, builder._units[i]);
        }

        builder._memory.Clear();
        builder._matrices.Clear();
        builder._shuffles.Clear();
        builder._reasons.Clear();
        builder.TargetLists.Clear();
        builder._dynamicBase = FunctionUnit.Align(builder._sharedBytes, builder._sharedAlignment);
        foreach (FunctionUnit unit in builder._units)
        {
            unit.FirstInstruction = builder._code.Count;
            FunctionDecoder.Emit(builder, unit);
        }

        return builder.Finish(kernel);
    }

    /// <summary>Adds a final step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="source">The statement that it belongs to, or null.</param>
    /// <param name="isCounted">Whether its executions are those of the statement.</param>
    public void Add(Instruction step, StatementSyntax? source, bool isCounted)
    {
        _code.Add(step);
        _sources.Add(source);
        _counted.Add(isCounted && source is InstructionSyntax instruction ? (instruction.Opcode, instruction.Modifiers) : ("", []));
    }

    /// <summary>Keeps why a statement cannot be executed.</summary>
    public int AddReason(string reason)
    {
        _reasons.Add(reason);
        return _reasons.Count - 1;
    }

    /// <summary>Keeps a list of branch targets.</summary>
    public int AddTargets(int[] labels)
    {
        TargetLists.Add(labels);
        return TargetLists.Count - 1;
    }

    /// <summary>Keeps a memory instruction.</summary>
    public int AddMemory(MemoryInstruction instruction)
    {
        _memory.Add(instruction);
        return _memory.Count - 1;
    }

    /// <summary>Keeps a matrix instruction.</summary>
    public int AddMatrix(MatrixStep step)
    {
        _matrices.Add(step);
        return _matrices.Count - 1;
    }

    /// <summary>Keeps a shuffle whose lanes are known.</summary>
    public int AddShuffle(ShuffleTable table)
    {
        _shuffles.Add(table);
        return _shuffles.Count - 1;
    }

    /// <summary>The number of a called function, or -1 when the file does not define it.</summary>
    public int Callee(FunctionUnit caller, FunctionSyntax function)
    {
        if (function.Body is null)
        {
            return -1;
        }

        FunctionUnit unit = Unit(function);
        caller.Callees.Add(unit);
        return unit.Number;
    }

    /// <summary>Notes that a function calls through addresses: it may reach every function of the module.</summary>
    public void CallIndirectly(FunctionUnit caller)
    {
        caller.CallsIndirectly = true;
        foreach (FunctionSyntax function in Module.Syntax.Functions)
        {
            if (!function.IsEntry && function.Body is not null)
            {
                Unit(function);
            }
        }
    }

    /// <summary>Address of a variable in shared memory. Dynamic ones begin behind all others.</summary>
    public int AddressOfShared(VariableSyntax variable)
    {
        if (variable.IsUnsized || variable.Linkage == Linkage.Extern)
        {
            _dynamicShared.Add(variable);
            _sharedAlignment = Math.Max(_sharedAlignment, variable.Alignment);
            return _dynamicBase;
        }

        if (!_shared.TryGetValue(variable, out int address))
        {
            address = FunctionUnit.Align(_sharedBytes, variable.Alignment);
            _sharedBytes = checked((int)(address + variable.ByteLength));
            _shared.Add(variable, address);
        }

        return address;
    }

    private FunctionUnit Unit(FunctionSyntax function)
    {
        if (!_unitByName.TryGetValue(function.Name, out FunctionUnit? unit))
        {
            unit = new FunctionUnit(function, _units.Count);
            _units.Add(unit);
            _unitByName.Add(function.Name, unit);
        }

        return unit;
    }

    private KernelProgram Finish(FunctionSyntax kernel)
    {
        var functions = new ProgramFunction[_units.Count];
        var addresses = new Dictionary<ulong, int>();
        foreach (FunctionUnit unit in _units)
        {
            functions[unit.Number] = ProgramFunction.Create(unit);
            if (!unit.Function.IsEntry)
            {
                addresses[Module.AddressOf(unit.Function)] = unit.Number;
            }
        }

        return new KernelProgram(_code, functions)
        {
            Kernel = kernel,
            Sources = [.. _sources],
            CountedStatements = [.. _counted],
            Memory = [.. _memory],
            Matrices = [.. _matrices],
            Shuffles = [.. _shuffles],
            Reasons = [.. _reasons],
            Targets = [.. TargetLists],
            FunctionByAddress = addresses,
            StaticSharedBytes = _sharedBytes,
            DynamicSharedOffset = _dynamicShared.Count > 0 ? _dynamicBase : FunctionUnit.Align(_sharedBytes, SharedAlignment),
            LocalBytes = LocalBytes(),
            RunsBlocksInOrder = RunsBlocksInOrder,
            MaximumLiveRegisters = _units.Max(unit => unit.MaximumPressure),
        };
    }

    private int LocalBytes()
    {
        var depths = new Dictionary<FunctionUnit, int>();
        int own = _units[0].OutgoingBase;
        return Depth(_units[0], depths, []) is { } depth ? depth : own + RecursiveStackBytes;
    }

    // Bytes that a function and everything below it takes, or null when that has no bound.
    private static int? Depth(FunctionUnit unit, Dictionary<FunctionUnit, int> known, HashSet<FunctionUnit> path)
    {
        if (known.TryGetValue(unit, out int depth))
        {
            return depth;
        }

        if (unit.CallsIndirectly || !path.Add(unit))
        {
            return null;
        }

        int below = 0;
        foreach (FunctionUnit callee in unit.Callees)
        {
            if (Depth(callee, known, path) is not { } inner)
            {
                return null;
            }

            below = Math.Max(below, inner);
        }

        path.Remove(unit);
        known.Add(unit, unit.OutgoingBase + below);
        return unit.OutgoingBase + below;
    }
}
