using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Kernels;

/// <summary>
/// The kernels of one name for each pair of an activation's and a parameter gradient's type: <c>NAME_f32</c>, <c>NAME_bf16</c> and
/// <c>NAME_bf16_f32</c>, each loaded when first used.
/// </summary>
internal struct GradientKernels(string image, string name)
{
    private CudaKernel? _f32;
    private CudaKernel? _bf16;
    private CudaKernel? _mixed;

    /// <summary>The kernel for an activation's type and a gradient's.</summary>
    public CudaKernel For(DType activation, DType gradient, CudaBackend backend) => (activation, gradient) switch
    {
        (DType.BF16, DType.F32) => _mixed ??= backend.Kernel(image, name + "_bf16_f32"),
        (DType.BF16, _) => _bf16 ??= backend.Kernel(image, name + "_bf16"),
        _ => _f32 ??= backend.Kernel(image, name + "_f32"),
    };
}
