namespace GptSharp.Ptx.Memory;

/// <summary>Which memory an instruction names.</summary>
internal enum MemorySpace : byte
{
    /// <summary>None: each lane's address tells.</summary>
    Generic,

    /// <summary>Device memory, the module's variables and constants included.</summary>
    Global,

    /// <summary>The block's memory.</summary>
    Shared,

    /// <summary>The thread's memory.</summary>
    Local,

    /// <summary>The kernel's parameters.</summary>
    Parameter,
}

/// <summary>How strongly an access is ordered.</summary>
internal enum MemoryOrder : byte
{
    /// <summary>Not at all: other threads may not touch the bytes in between.</summary>
    Plain,

    /// <summary><c>ld.global.nc</c>: nobody writes the bytes during the launch.</summary>
    NonCoherent,

    /// <summary><c>volatile</c>, <c>relaxed</c>, <c>acquire</c>, <c>release</c>: never part of a race.</summary>
    Strong,
}

/// <summary>
/// A decoded load, store, atomic operation or copy, as the memory needs it. Registers are byte offsets into the warp's register
/// file: 32 slots of 4 bytes each, or of 8 for 64-bit registers; -1 is none.
/// </summary>
internal sealed class MemoryInstruction
{
    /// <summary>Number of the instruction in the kernel, for counters and findings.</summary>
    public required int Index { get; init; }

    /// <summary>The space.</summary>
    public required MemorySpace Space { get; init; }

    /// <summary>The ordering.</summary>
    public MemoryOrder Order { get; init; }

    /// <summary>Bytes of one element: 1, 2, 4, 8 or 16.</summary>
    public required int ElementBytes { get; init; }

    /// <summary>Elements of the vector: 1, 2, 4 or 8.</summary>
    public int ElementCount { get; init; } = 1;

    /// <summary>Whether a load extends the sign to the register's width.</summary>
    public bool IsSigned { get; init; }

    /// <summary>The register that holds the address, or -1 for a fixed address.</summary>
    public int Address { get; init; } = -1;

    /// <summary>Whether the address register has 64 bits.</summary>
    public bool AddressIsWide { get; init; }

    /// <summary>What to add to the address register, or the whole address.</summary>
    public long Offset { get; init; }

    /// <summary>Destinations of a load or sources of a store, one per element; -1 for an element that is dropped.</summary>
    public int[] Registers { get; init; } = [];

    /// <summary>Bytes of a register's slot: 4, or 8 for 64-bit registers.</summary>
    public int RegisterBytes { get; init; } = 4;

    /// <summary>Bit i set: byte i of a lane's vector matters (<c>.pragma "used_bytes_mask"</c>).</summary>
    public uint UsedBytes { get; init; } = uint.MaxValue;

    /// <summary>Atomic operations: what to do.</summary>
    public AtomicOperation Atomic { get; init; }

    /// <summary>Atomic operations: type of the operand.</summary>
    public AtomicType AtomicType { get; init; }

    /// <summary>Atomic operations: second source (the new value of cas), or -1.</summary>
    public int SecondSource { get; init; } = -1;

    /// <summary>Atomic operations: destination of the old value, or -1 for a reduction.</summary>
    public int OldValue { get; init; } = -1;

    /// <summary><c>cp.async</c>: the global source's address register, its offset and whether it has 64 bits.</summary>
    public int SourceAddress { get; init; } = -1;

    /// <summary><c>cp.async</c>: what to add to the source's address.</summary>
    public long SourceOffset { get; init; }

    /// <summary><c>cp.async</c>: register with the number of bytes to read, or -1 for <see cref="SourceBytes"/>.</summary>
    public int SourceBytesRegister { get; init; } = -1;

    /// <summary><c>cp.async</c>: number of bytes to read; the rest becomes zero.</summary>
    public int SourceBytes { get; init; }

    /// <summary>Bytes that one lane touches.</summary>
    public int LaneBytes => ElementBytes * ElementCount;
}

/// <summary>What an atomic operation does.</summary>
internal enum AtomicOperation : byte
{
    /// <summary>No atomic operation.</summary>
    None,

    /// <summary>Sum.</summary>
    Add,

    /// <summary>Smaller one.</summary>
    Min,

    /// <summary>Larger one.</summary>
    Max,

    /// <summary>Bitwise and.</summary>
    And,

    /// <summary>Bitwise or.</summary>
    Or,

    /// <summary>Bitwise exclusive or.</summary>
    Xor,

    /// <summary>Old + 1, or 0 if old is at least the operand.</summary>
    Inc,

    /// <summary>Old - 1, or the operand if old is 0 or above it.</summary>
    Dec,

    /// <summary>Exchange.</summary>
    Exchange,

    /// <summary>Compare and swap.</summary>
    CompareAndSwap,
}

/// <summary>Type of an atomic operation's operand.</summary>
internal enum AtomicType : byte
{
    /// <summary>16 bits.</summary>
    B16,

    /// <summary>32 bits.</summary>
    B32,

    /// <summary>64 bits.</summary>
    B64,

    /// <summary>Unsigned, 32 bits.</summary>
    U32,

    /// <summary>Unsigned, 64 bits.</summary>
    U64,

    /// <summary>Signed, 32 bits.</summary>
    S32,

    /// <summary>Signed, 64 bits.</summary>
    S64,

    /// <summary>binary32.</summary>
    F32,

    /// <summary>binary64.</summary>
    F64,

    /// <summary>binary16.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>Two of binary16.</summary>
    F16x2,

    /// <summary>Two of bfloat16.</summary>
    BF16x2,
}
