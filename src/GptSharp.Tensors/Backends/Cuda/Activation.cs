using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private KernelPair _activation = new("activation", "activation");
    private KernelPair _activationBackward = new("activation", "activation_backward");

    /// <inheritdoc/>
    public void Activation(Tensor y, Tensor x, ActivationFunction function) => Launch(
        _activation.For(y.DType, this), Grid.Elementwise(x.Bytes, 2), y.Address, x.Address, y.Count, (int)function);

    /// <inheritdoc/>
    public void ActivationBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction function, float beta) => Launch(
        _activationBackward.For(dx.DType, this), Grid.Elementwise(x.Bytes, 2),
        dx.Address, dy.Address, x.Address, dx.Count, (int)function, beta);
}
