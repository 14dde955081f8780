namespace GptSharp.Ptx.Memory;

/// <summary>What the memory must know of a kernel and its launch.</summary>
internal sealed class KernelMemory
{
    /// <summary>The kernel's name.</summary>
    public required string Name { get; init; }

    /// <summary>The grid.</summary>
    public required Dimensions Grid { get; init; }

    /// <summary>The block.</summary>
    public required Dimensions Block { get; init; }

    /// <summary>Bytes of shared memory per block, static and dynamic.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Bytes of local memory per thread.</summary>
    public int LocalBytes { get; init; }

    /// <summary>The kernel's parameters as it finds them.</summary>
    public byte[] Parameters { get; init; } = [];

    /// <summary>Every memory instruction of the kernel and of what it calls.</summary>
    public IReadOnlyList<MemoryInstruction> Instructions { get; init; } = [];

    /// <summary>Number of instructions, those that do not touch memory included.</summary>
    public required int InstructionCount { get; init; }

    /// <summary>Line and text of an instruction.</summary>
    public required Func<int, (int Line, string Text)> Locate { get; init; }

    /// <summary>Warps of a block.</summary>
    public int Warps => (int)((Block.Count + 31) / 32);

    /// <summary>The coordinates of a thread in its block.</summary>
    public Dimensions Thread(int warp, int lane) => Block.At((warp * 32) + lane);
}
