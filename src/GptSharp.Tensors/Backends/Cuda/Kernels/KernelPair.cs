using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Kernels;

/// <summary>The kernels of one name for both storage types, <c>NAME_f32</c> and <c>NAME_bf16</c>, each loaded when first used.</summary>
internal struct KernelPair(string image, string name)
{
    private CudaKernel? _f32;
    private CudaKernel? _bf16;

    /// <summary>The kernel for a storage type.</summary>
    public CudaKernel For(DType type, CudaBackend backend) => type == DType.BF16
        ? _bf16 ??= backend.Kernel(image, name + "_bf16")
        : _f32 ??= backend.Kernel(image, name + "_f32");
}
