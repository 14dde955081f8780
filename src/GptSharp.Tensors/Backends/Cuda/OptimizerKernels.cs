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

    /// <summary>An optimizer's kernels, one for each way of storing values, master weights and gradients.</summary>
    /// <param name="image">Its source file without extension, with which the kernels' names begin.</param>
    private readonly struct OptimizerKernels(string image)
    {
        private readonly CudaKernel?[] _kernels = new CudaKernel?[8];

        /// <summary>The kernel for a storage.</summary>
        public CudaKernel For(DType values, bool hasMaster, DType gradients, CudaBackend backend)
        {
            int index = (values == DType.BF16 ? 4 : 0) + (hasMaster ? 2 : 0) + (gradients == DType.BF16 ? 1 : 0);
            return _kernels[index] ??= backend.Kernel(image, $"{image}_{Suffix(values)}_{Suffix(gradients)}{(hasMaster ? "_master" : "")}");
        }

        private static string Suffix(DType type) => type == DType.BF16 ? "bf16" : "f32";
    }
}
