using System.Runtime.InteropServices;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution;

/// <summary>A decoded kernel with all functions that it can reach; it never changes, and any number of launches may use it.</summary>
internal sealed unsafe class KernelProgram
{
    private MemoryInstruction[]? _allMemory;

    /// <summary>Takes the steps.</summary>
    public KernelProgram(List<Instruction> code, ProgramFunction[] functions)
    {
        Length = code.Count;
        Functions = functions;
        Code = (Instruction*)NativeMemory.AlignedAlloc((nuint)(Length * sizeof(Instruction)), 64);
        CollectionsMarshal.AsSpan(code).CopyTo(new Span<Instruction>(Code, Length));
    }

    /// <summary>Frees the steps.</summary>
    ~KernelProgram() => NativeMemory.AlignedFree(Code);

    /// <summary>The steps.</summary>
    public Instruction* Code { get; }

    /// <summary>Number of steps.</summary>
    public int Length { get; }

    /// <summary>The functions; the kernel is the first.</summary>
    public ProgramFunction[] Functions { get; }

    /// <summary>The kernel's declaration.</summary>
    public required FunctionSyntax Kernel { get; init; }

    /// <summary>The statement behind each step; null for what the decoder added.</summary>
    public required StatementSyntax?[] Sources { get; init; }

    /// <summary>Memory instructions.</summary>
    public required MemoryInstruction[] Memory { get; init; }

    /// <summary>Memory instructions, those inside matrix instructions included.</summary>
    public MemoryInstruction[] AllMemory => _allMemory ??=
        [.. Memory.Concat(Matrices.Select(matrix => matrix.Memory).OfType<MemoryInstruction>()).OrderBy(memory => memory.Index)];

    /// <summary>Opcode and dotted parts of the statement that each step stands for; an empty opcode where another step stands for it.</summary>
    public required (string Opcode, IReadOnlyList<string> Modifiers)[] CountedStatements { get; init; }

    /// <summary>Matrix instructions.</summary>
    public required MatrixStep[] Matrices { get; init; }

    /// <summary>Shuffles whose lanes are known.</summary>
    public required ShuffleTable[] Shuffles { get; init; }

    /// <summary>Why statements cannot be executed.</summary>
    public required string[] Reasons { get; init; }

    /// <summary>Lists of branch targets.</summary>
    public required int[][] Targets { get; init; }

    /// <summary>Numbers of functions by their addresses.</summary>
    public required Dictionary<ulong, int> FunctionByAddress { get; init; }

    /// <summary>Bytes of the shared variables that are declared with a size.</summary>
    public required int StaticSharedBytes { get; init; }

    /// <summary>Where dynamic shared memory begins.</summary>
    public required int DynamicSharedOffset { get; init; }

    /// <summary>Bytes of local memory per thread.</summary>
    public required int LocalBytes { get; init; }

    /// <summary>Whether blocks must run one after the other.</summary>
    public required bool RunsBlocksInOrder { get; init; }

    /// <summary>Whether a block can learn what another one does, and so wait for it: by volatile loads or atomic operations.</summary>
    public bool MayWaitForOtherBlocks => Array.Exists(
        Memory,
        op => op.Space is MemorySpace.Global or MemorySpace.Generic && op.Order == MemoryOrder.Strong
            && (op.Atomic == AtomicOperation.None || op.OldValue >= 0));

    /// <summary>The largest number of 32-bit registers alive at once in one function.</summary>
    public required int MaximumLiveRegisters { get; init; }

    /// <summary>Why a step cannot be executed, or null when it can.</summary>
    public string? Reason(int step) => Code[step].Operation == Operation.Unsupported ? Reasons[Code[step].Detail] : null;

    /// <summary>The column in which the statement of a step begins, from 1; a step of no statement's own has 1.</summary>
    public int Column(int step) => Sources[step]?.Span.Column ?? 1;

    /// <summary>Line and text of the statement behind a step, or of the last one before it.</summary>
    public (int Line, string Text) Locate(int index)
    {
        for (int i = Math.Min(index, Length - 1); i >= 0; i--)
        {
            if (Sources[i] is { } statement)
            {
                return (statement.Span.Line, statement.Span.Text);
            }
        }

        return (Kernel.Span.Line, Kernel.Name);
    }
}
