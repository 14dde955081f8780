using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void SoftCap(Tensor y, Tensor x, double cap)
    {
        if (y.DType == DType.BF16)
        {
            SoftCapKernel.Forward(y.Pointer<BF16>(), x.Pointer<BF16>(), y.Count, (float)cap, _team);
        }
        else
        {
            SoftCapKernel.Forward(y.Pointer<float>(), x.Pointer<float>(), y.Count, (float)cap, _team);
        }
    }

    /// <inheritdoc/>
    public void SoftCapBackward(Tensor dx, Tensor dy, Tensor x, double cap, float beta)
    {
        if (dx.DType == DType.BF16)
        {
            SoftCapKernel.Backward(
                dx.Pointer<BF16>(), dy.Pointer<BF16>(), x.Pointer<BF16>(), dx.Count, (float)cap, beta, _team);
        }
        else
        {
            SoftCapKernel.Backward(
                dx.Pointer<float>(), dy.Pointer<float>(), x.Pointer<float>(), dx.Count, (float)cap, beta, _team);
        }
    }
}
