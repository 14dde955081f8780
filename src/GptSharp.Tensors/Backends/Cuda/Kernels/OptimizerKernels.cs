using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda.Kernels;

/// <summary>An optimizer's kernels, one for each way of storing values, master weights and gradients.</summary>
/// <param name="image">Its source file without extension, with which the kernels' names begin.</param>
internal readonly struct OptimizerKernels(string image)
{
    // As in optimizer.cuh.
    private const int Threads = 256, ElementsPerBlock = Threads * 16 * 4;

    private readonly CudaKernel?[] _kernels = new CudaKernel?[8];

    /// <summary>The kernel for a storage.</summary>
    public CudaKernel For(DType values, bool hasMaster, DType gradients, CudaBackend backend)
    {
        int index = (values == DType.BF16 ? 4 : 0) + (hasMaster ? 2 : 0) + (gradients == DType.BF16 ? 1 : 0);
        return _kernels[index] ??= backend.Kernel(image, $"{image}_{Suffix(values)}_{Suffix(gradients)}{(hasMaster ? "_master" : "")}");
    }

    /// <summary>A block for every 16,384 elements, counted from the multiple of four at or before the first: there the fours begin.</summary>
    public static LaunchShape Shape(long first, long count) => new(Grid.Blocks((first & 3) + count, ElementsPerBlock), Threads);

    /// <summary>Refuses elements beyond the random words: values that are rounded at random draw one each.</summary>
    public static void RequirePhiloxRange(Tensor values, Tensor masterWeights, long first, long count)
    {
        if (values.DType == DType.BF16 && masterWeights.IsNone)
        {
            Philox.RequireElementRange((ulong)first, count);
        }
    }

    private static string Suffix(DType type) => type == DType.BF16 ? "bf16" : "f32";
}
