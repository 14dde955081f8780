using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Launching;

/// <summary>How many blocks and threads cover a tensor: the arithmetic that operations' launches share.</summary>
internal static class Grid
{
    /// <summary>Bytes of the widest access to memory: 4 binary32 or 8 BF16 elements.</summary>
    public const int PackBytes = 16;

    /// <summary>Threads of a block that goes through a tensor element by element.</summary>
    public const int ElementwiseThreads = 256;

    /// <summary>Threads of a block whose warps take a row each.</summary>
    public const int RowThreads = 256;

    /// <summary>So many blocks cover a count, the last perhaps in part.</summary>
    public static int Blocks(long count, int perBlock) => checked((int)((count + perBlock - 1) / perBlock));

    /// <summary>
    /// The grid of an elementwise kernel, whose blocks take 256 x <paramref name="packsPerThread"/> packs of 16 bytes of the tensor that is
    /// stored widest.
    /// </summary>
    public static LaunchShape Elementwise(long bytes, int packsPerThread) =>
        new(Blocks(bytes, ElementwiseThreads * packsPerThread * PackBytes), ElementwiseThreads);
}
