using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Kernels;

/// <summary>An optimizer's kernels, one for each way of storing values, master weights and gradients.</summary>
/// <param name="image">Its source file without extension, with which the kernels' names begin.</param>
internal readonly struct OptimizerKernels(string image)
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
