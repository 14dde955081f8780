using GptSharp.Cuda;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>The launch shapes of kernels that are tested without their operation.</summary>
internal static class Grids
{
    /// <summary>Blocks of 256 threads that take so many packs of 16 bytes each.</summary>
    public static LaunchShape Elementwise(DType input, long count, int packsPerThread) =>
        new((int)(((count * input.Size()) + (4096 * packsPerThread) - 1) / (4096 * packsPerThread)), 256);
}
