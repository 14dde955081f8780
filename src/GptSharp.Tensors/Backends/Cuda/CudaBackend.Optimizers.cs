using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>What the optimizers' launches share.</content>
public sealed unsafe partial class CudaBackend
{
    // As in optimizer.cuh.
    private const int UpdateThreads = 256, UpdateElements = UpdateThreads * 16 * 4;

    /// <summary>A block for every 16,384 elements, counted from the multiple of four at or before the first: there the fours begin.</summary>
    private static LaunchShape UpdateShape(long first, long count) => new(Blocks((first & 3) + count, UpdateElements), UpdateThreads);

    // Values that are rounded at random draw a word each.
    private static void RequirePhiloxRange(Tensor values, Tensor masterWeights, long first, long count)
    {
        if (values.DType == DType.BF16 && masterWeights.IsNone)
        {
            Philox.RequireElementRange((ulong)first, count);
        }
    }
}
