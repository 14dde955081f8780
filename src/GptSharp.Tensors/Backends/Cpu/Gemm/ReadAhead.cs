using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// What a micro-kernel asks for while it computes, a cache line every few steps, so that memory is read meanwhile: first where its tile goes
/// and what the epilogue reads beside it, then what its thread will pack next.
/// </summary>
/// <remarks>
/// A few at a time: a processor waits for some dozens of lines at once, and a burst of more would hold up the panels. In lines per step this
/// reads 16 bytes of source, as many as a block of 192 lines needs that is packed once.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct ReadAhead
{
    /// <summary>Steps of a micro-kernel for each line that it asks for.</summary>
    public const int StepsPerLine = 4;

    /// <summary>What belongs to the tile; each tile has its own.</summary>
    public CacheLines Tile;

    /// <summary>What is packed next; tile by tile it grows shorter.</summary>
    public CacheLines Next;
}
