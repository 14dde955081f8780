using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private KernelPair _softCap = new("soft_cap", "soft_cap");
    private KernelPair _softCapBackward = new("soft_cap", "soft_cap_backward");

    /// <inheritdoc/>
    public void SoftCap(Tensor y, Tensor x, double cap) => Launch(
        _softCap.For(y.DType, this), Grid.Elementwise(x.Bytes, 2), y.Address, x.Address, y.Count, (float)cap, (float)(1 / cap));

    /// <inheritdoc/>
    public void SoftCapBackward(Tensor dx, Tensor dy, Tensor x, double cap, float beta) => Launch(
        _softCapBackward.For(dx.DType, this), Grid.Elementwise(x.Bytes, 2),
        dx.Address, dy.Address, x.Address, dx.Count, (float)(1 / cap), beta);
}
