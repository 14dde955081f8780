using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Execution;

/// <summary>
/// One decoded step. Operands are byte offsets into the frame of the warp: 32 slots of 4 or 8 bytes, or one mask for a predicate.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Instruction
{
    /// <summary>No register.</summary>
    public const int None = -1;

    /// <summary>What to do.</summary>
    public Operation Operation;

    /// <summary>Bytes of a slot of the destination, which is blended under a partial mask; 0 when there is none.</summary>
    public byte DestinationBytes;

    /// <summary>Whether the guard is negated.</summary>
    public bool GuardNegated;

    /// <summary>Offset of the guard, or <see cref="None"/>.</summary>
    public int Guard;

    /// <summary>Destination.</summary>
    public int D;

    /// <summary>First source.</summary>
    public int A;

    /// <summary>Second source.</summary>
    public int B;

    /// <summary>Third source.</summary>
    public int C;

    /// <summary>Fourth source.</summary>
    public int E;

    /// <summary>Whatever the operation needs: a width, a mode, the control of a lane function.</summary>
    public int Control;

    /// <summary>Index of what does not fit here, in the tables of the program.</summary>
    public int Detail;

    /// <summary>Index of a shuffle in the table of the program.</summary>
    public int Table;

    /// <summary>Where a branch leads.</summary>
    public int Target;

    /// <summary>Where the sides of a branch meet again.</summary>
    public int Reconvergence;

    /// <summary>The function of a computation on lanes.</summary>
    public delegate*<void*, void*, void*, void*, void*, int, void> Function;

    /// <summary>A step without guard and operands.</summary>
    public static Instruction Create(Operation operation) => new()
    {
        Operation = operation,
        Guard = None,
        D = None,
        A = None,
        B = None,
        C = None,
        E = None,
        Target = None,
        Reconvergence = None,
    };
}
