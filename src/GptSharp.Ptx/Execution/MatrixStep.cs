using GptSharp.Ptx.Matrix;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

/// <summary>A decoded matrix instruction.</summary>
internal sealed unsafe class MatrixStep
{
    private readonly int[] _registers;

    /// <summary>Keeps what it needs.</summary>
    /// <param name="operation">What to compute.</param>
    /// <param name="registers">Offsets of its registers in the frame: D, A, B, C.</param>
    public MatrixStep(MatrixOperation operation, ReadOnlySpan<int> registers)
    {
        Operation = operation;
        _registers = GC.AllocateArray<int>(registers.Length, pinned: true);
        registers.CopyTo(_registers);
        fixed (int* pointer = _registers)
        {
            Registers = pointer;
        }
    }

    /// <summary>What to compute.</summary>
    public MatrixOperation Operation { get; }

    /// <summary>Offsets of its registers in the frame; they never move.</summary>
    public int* Registers { get; }

    /// <summary>Its access to memory, or null.</summary>
    public MemoryInstruction? Memory { get; init; }

    /// <summary>Offset of the register that holds the stride, in elements, or -1.</summary>
    public int Stride { get; init; } = Instruction.None;
}
