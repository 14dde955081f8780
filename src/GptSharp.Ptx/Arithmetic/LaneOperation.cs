namespace GptSharp.Ptx.Arithmetic;

/// <summary>How a comparison's outcome meets the predicate operand of <c>setp</c>.</summary>
internal enum PredicateCombination : byte
{
    /// <summary>There is no predicate operand.</summary>
    None,

    /// <summary><c>.and</c>.</summary>
    And,

    /// <summary><c>.or</c>.</summary>
    Or,

    /// <summary><c>.xor</c>.</summary>
    Xor,
}

/// <summary>
/// A computation over the 32 lanes of a warp, bound to the form of one instruction.
/// <para>
/// Every pointer is to 32 slots: 4 bytes wide for types of up to 32 bits, 8 bytes for types of 64; for predicates to one 32-bit
/// mask. A 16-bit value lies in the low half of its slot; the upper half says nothing. The function computes all lanes, faults on
/// no input, and may write where it reads, since each lane is read before it is written.
/// </para>
/// </summary>
internal readonly unsafe struct LaneOperation
{
    /// <summary>(destination, a, b, c, e, control): sources in the order of the PTX text; places that the form lacks are ignored.</summary>
    public required delegate*<void*, void*, void*, void*, void*, int, void> Function { get; init; }

    /// <summary>The last argument of <see cref="Function"/>.</summary>
    public int Control { get; init; }

    /// <summary>What is written. A comparison writes two masks: the outcome, and the outcome for a second predicate operand.</summary>
    public required NumberType Destination { get; init; }

    /// <summary>First source.</summary>
    public NumberType A { get; init; }

    /// <summary>Second source.</summary>
    public NumberType B { get; init; }

    /// <summary>Third source.</summary>
    public NumberType C { get; init; }

    /// <summary>Fourth source.</summary>
    public NumberType E { get; init; }

    /// <summary>For <c>setp</c>: what to do with the predicate operand that follows the sources.</summary>
    public PredicateCombination Combination { get; init; }

    /// <summary>e points to the mask of carry flags, which are read.</summary>
    public bool ReadsCarry { get; init; }

    /// <summary>e points to the mask of carry flags, which are written.</summary>
    public bool WritesCarry { get; init; }

    /// <summary>b is an integer divisor: zero in an active lane is the program's error.</summary>
    public bool ChecksDivisor { get; init; }
}
