using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private GradientKernels _scale = new("scale", "scale");

    /// <inheritdoc/>
    public void Scale(Tensor y, Tensor x, double factor, float beta) => Launch(
        _scale.For(x.DType, y.DType, this), Grid.Elementwise(Math.Max(x.Bytes, y.Bytes), 4), y.Address, x.Address, y.Count, (float)factor, beta);
}
