using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Activation(Tensor y, Tensor x, ActivationFunction function)
    {
        if (y.DType == DType.BF16)
        {
            ActivationKernel.Forward(y.Pointer<BF16>(), x.Pointer<BF16>(), y.Count, function, _team);
        }
        else
        {
            ActivationKernel.Forward(y.Pointer<float>(), x.Pointer<float>(), y.Count, function, _team);
        }
    }

    /// <inheritdoc/>
    public void ActivationBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction function, float beta)
    {
        if (dx.DType == DType.BF16)
        {
            ActivationKernel.Backward(
                dx.Pointer<BF16>(), dy.Pointer<BF16>(), x.Pointer<BF16>(), dx.Count, function, beta, _team);
        }
        else
        {
            ActivationKernel.Backward(
                dx.Pointer<float>(), dy.Pointer<float>(), x.Pointer<float>(), dx.Count, function, beta, _team);
        }
    }
}
