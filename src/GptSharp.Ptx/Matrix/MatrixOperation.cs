using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>What a matrix instruction has to do with memory.</summary>
internal enum MatrixOperationKind : byte
{
    /// <summary>Nothing: registers only (mma, movmatrix).</summary>
    Registers,

    /// <summary>It loads rows, whose addresses the lanes give: lane i that of row i (ldmatrix).</summary>
    LoadLaneRows,

    /// <summary>It stores rows, whose addresses the lanes give (stmatrix).</summary>
    StoreLaneRows,

    /// <summary>It loads rows at one address plus multiples of a stride in elements, the operand after the address (wmma.load).</summary>
    LoadStridedRows,

    /// <summary>It stores rows at one address plus multiples of a stride in elements (wmma.store).</summary>
    StoreStridedRows,
}

/// <summary>
/// A computation of a whole warp on registers of 32 lanes and 4 bytes, bound to the form of one instruction. All lanes take part.
/// </summary>
internal readonly unsafe struct MatrixOperation
{
    /// <summary>
    /// (register file, byte offsets of the registers, rows, control). The offsets are those of D, A, B, C, in this order, as many of each
    /// as the counts say. Rows: the bytes loaded, one row after the other; or where to put those to be stored; else unused.
    /// </summary>
    public required delegate*<byte*, int*, byte*, int, void> Function { get; init; }

    /// <summary>The last argument of <see cref="Function"/>.</summary>
    public int Control { get; init; }

    /// <summary>What it has to do with memory.</summary>
    public MatrixOperationKind Kind { get; init; }

    /// <summary>Registers written; those read by a store count as <see cref="ACount"/>.</summary>
    public int DestinationCount { get; init; }

    /// <summary>Registers of A, or of the fragment that a store reads.</summary>
    public int ACount { get; init; }

    /// <summary>Registers of B.</summary>
    public int BCount { get; init; }

    /// <summary>Registers of C.</summary>
    public int CCount { get; init; }

    /// <summary>Rows in memory.</summary>
    public int Rows { get; init; }

    /// <summary>Bytes of a row in memory.</summary>
    public int RowBytes { get; init; }

    /// <summary>Bytes of an element in memory: the unit of the stride.</summary>
    public int ElementBytes { get; init; }

    /// <summary>Multiplications and additions of all lanes: twice the products.</summary>
    public int FloatingPointOperations { get; init; }

    /// <summary>The type of the factors, for messages and counters.</summary>
    public NumberType Factors { get; init; }
}
