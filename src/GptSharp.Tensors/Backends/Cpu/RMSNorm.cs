using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void RMSNorm(Tensor y, Tensor rrms, Tensor x, Tensor weight, double epsilon)
    {
        if (y.DType == DType.BF16)
        {
            RMSNorm<BF16>(y, rrms, x, weight, epsilon);
        }
        else
        {
            RMSNorm<float>(y, rrms, x, weight, epsilon);
        }
    }

    /// <inheritdoc/>
    public void RMSNormBackward(
        Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor weight, Tensor rrms, float betaX, float betaWeight)
    {
        switch (dy.DType, GradientType(dWeight))
        {
            case (DType.BF16, DType.BF16):
                RMSNormBackward<BF16, BF16>(dx, dWeight, dy, x, weight, rrms, betaX, betaWeight);
                break;
            case (DType.BF16, _):
                RMSNormBackward<BF16, float>(dx, dWeight, dy, x, weight, rrms, betaX, betaWeight);
                break;
            default:
                RMSNormBackward<float, float>(dx, dWeight, dy, x, weight, rrms, betaX, betaWeight);
                break;
        }
    }

    private void RMSNorm<TStorage>(Tensor y, Tensor rrms, Tensor x, Tensor weight, double epsilon)
        where TStorage : unmanaged =>
        RMSNormKernel.Forward(
            y.Pointer<TStorage>(), rrms.Pointer<float>(), x.Pointer<TStorage>(), weight.Pointer<TStorage>(),
            Rows(x), x.Shape.Last, (float)epsilon, _team);

    private void RMSNormBackward<TStorage, TGradient>(
        Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor weight, Tensor rrms, float betaX, float betaWeight)
        where TStorage : unmanaged
        where TGradient : unmanaged
    {
        (int rows, int channels) = (Rows(x), x.Shape.Last);
        RMSNormKernel.Backward(
            dx.Pointer<TStorage>(), dWeight.Pointer<TGradient>(), dy.Pointer<TStorage>(), x.Pointer<TStorage>(),
            weight.Pointer<TStorage>(), rrms.Pointer<float>(), rows, channels, betaX, betaWeight,
            _scratch.Take<float>(RMSNormKernel.WorkspaceCount(rows, channels)), _team);
    }
}
