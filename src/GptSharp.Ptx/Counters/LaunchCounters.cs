using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Counters;

/// <summary>What one PTX statement did in a launch.</summary>
/// <param name="Line">Line of the PTX file, counted from 1.</param>
/// <param name="Text">The statement.</param>
/// <param name="Class">Its class.</param>
/// <param name="Executions">How many warps executed it.</param>
/// <param name="ActiveLanes">How many lanes were active in all these executions together.</param>
/// <param name="Accesses">How it used memory.</param>
public sealed record StatementCounters(
    int Line, string Text, InstructionClass Class, long Executions, long ActiveLanes, InstructionAccesses Accesses)
{
    /// <summary>Share of the lanes that were active, from 0 to 1; 1 for a statement that nobody executed.</summary>
    public double ActiveLaneShare => Executions == 0 ? 1 : ActiveLanes / (32.0 * Executions);
}

/// <summary>What a launch did, counted: not a prediction of time.</summary>
public sealed class LaunchCounters
{
    /// <summary>Blocks of the grid.</summary>
    public required long Blocks { get; init; }

    /// <summary>Threads of a block.</summary>
    public required long ThreadsPerBlock { get; init; }

    /// <summary>Bytes of shared memory per block.</summary>
    public required int SharedBytesPerBlock { get; init; }

    /// <summary>Most 32-bit registers alive at once in a thread; an assembler usually needs 0 to 25 % more.</summary>
    public required int MaxLiveRegisters { get; init; }

    /// <summary>Every statement of the kernel and of what it calls, in the order of the file.</summary>
    public required IReadOnlyList<StatementCounters> Statements { get; init; }

    /// <summary>Floating-point operations of all matrix instructions: 2 per multiply-add.</summary>
    public required long MatrixOperations { get; init; }

    /// <summary>Bytes of global memory that were loaded at least once.</summary>
    public required long UniqueBytesLoaded { get; init; }

    /// <summary>Bytes of global memory that were stored at least once.</summary>
    public required long UniqueBytesStored { get; init; }

    /// <summary>All accesses together.</summary>
    public InstructionAccesses Accesses
    {
        get
        {
            InstructionAccesses sum = default;
            foreach (StatementCounters statement in Statements)
            {
                sum.Add(statement.Accesses);
            }

            return sum;
        }
    }

    /// <summary>Warp instructions executed.</summary>
    public long WarpInstructions => Statements.Sum(statement => statement.Executions);

    /// <summary>Share of the lanes that were active, over all warp instructions.</summary>
    public double ActiveLaneShare => WarpInstructions == 0 ? 1 : Statements.Sum(statement => statement.ActiveLanes) / (32.0 * WarpInstructions);

    /// <summary>Sectors of 32 bytes per request of global memory: 4 when 32 lanes read 4 bytes each side by side.</summary>
    public double SectorsPerRequest => Accesses is { GlobalRequests: > 0 } accesses ? (double)accesses.Sectors / accesses.GlobalRequests : 0;

    /// <summary>Warp instructions of a class.</summary>
    public long Count(InstructionClass instructionClass) =>
        Statements.Where(statement => statement.Class == instructionClass).Sum(statement => statement.Executions);

    /// <summary>Lanes that executed an instruction of a class.</summary>
    public long CountLanes(InstructionClass instructionClass) =>
        Statements.Where(statement => statement.Class == instructionClass).Sum(statement => statement.ActiveLanes);

    /// <summary>Puts the counters of a launch together.</summary>
    /// <param name="kernel">The launch.</param>
    /// <param name="statements">Opcode and dotted parts by number of the instruction; an empty opcode where another one stands for the statement.</param>
    /// <param name="executions">Executions by warps, by number of the instruction.</param>
    /// <param name="activeLanes">Sum of the active lanes, by number of the instruction.</param>
    /// <param name="accesses">The memory accesses.</param>
    /// <param name="maxLiveRegisters">Most 32-bit registers alive at once.</param>
    internal static LaunchCounters Create(
        KernelMemory kernel,
        IReadOnlyList<(string Opcode, IReadOnlyList<string> Modifiers)> statements,
        long[] executions,
        long[] activeLanes,
        AccessCounts accesses,
        int maxLiveRegisters)
    {
        var counted = new List<StatementCounters>();
        long operations = 0;
        for (int i = 0; i < statements.Count; i++)
        {
            (string opcode, IReadOnlyList<string> modifiers) = statements[i];
            if (opcode.Length == 0)
            {
                continue;
            }

            (int line, string text) = kernel.Locate(i);
            InstructionClass instructionClass = InstructionClasses.Classify(opcode, modifiers);
            counted.Add(new(line, text, instructionClass, executions[i], activeLanes[i], accesses.ByInstruction[i]));
            operations += executions[i] * InstructionClasses.MatrixOperations(opcode, modifiers);
        }

        return new LaunchCounters
        {
            Blocks = kernel.Grid.Count,
            ThreadsPerBlock = kernel.Block.Count,
            SharedBytesPerBlock = kernel.SharedBytes,
            MaxLiveRegisters = maxLiveRegisters,
            Statements = counted,
            MatrixOperations = operations,
            UniqueBytesLoaded = accesses.LoadedBytes,
            UniqueBytesStored = accesses.StoredBytes,
        };
    }
}
