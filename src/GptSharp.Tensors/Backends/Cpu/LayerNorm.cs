using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void LayerNorm(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        if (y.DType == DType.BF16)
        {
            LayerNorm<BF16>(y, mean, rstd, x, weight, bias, epsilon);
        }
        else
        {
            LayerNorm<float>(y, mean, rstd, x, weight, bias, epsilon);
        }
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dWeight, Tensor dBias, Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        float betaX, float betaWeight, float betaBias)
    {
        switch (dy.DType, GradientType(dWeight, dBias))
        {
            case (DType.BF16, DType.BF16):
                LayerNormBackward<BF16, BF16>(dx, dWeight, dBias, dy, x, weight, mean, rstd, betaX, betaWeight, betaBias);
                break;
            case (DType.BF16, _):
                LayerNormBackward<BF16, float>(dx, dWeight, dBias, dy, x, weight, mean, rstd, betaX, betaWeight, betaBias);
                break;
            default:
                LayerNormBackward<float, float>(dx, dWeight, dBias, dy, x, weight, mean, rstd, betaX, betaWeight, betaBias);
                break;
        }
    }

    private void LayerNorm<TStorage>(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double epsilon)
        where TStorage : unmanaged =>
        LayerNormKernel.Forward(
            y.Pointer<TStorage>(), mean.Pointer<float>(), rstd.Pointer<float>(),
            x.Pointer<TStorage>(), weight.Pointer<TStorage>(), bias.Pointer<TStorage>(),
            Rows(x), x.Shape.Last, (float)epsilon, _team);

    private void LayerNormBackward<TStorage, TGradient>(
        Tensor dx, Tensor dWeight, Tensor dBias, Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        float betaX, float betaWeight, float betaBias)
        where TStorage : unmanaged
        where TGradient : unmanaged
    {
        (int rows, int channels) = (Rows(x), x.Shape.Last);
        LayerNormKernel.Backward(
            dx.Pointer<TStorage>(), dWeight.Pointer<TGradient>(), dBias.Pointer<TGradient>(), dy.Pointer<TStorage>(),
            x.Pointer<TStorage>(), weight.Pointer<TStorage>(), mean.Pointer<float>(), rstd.Pointer<float>(),
            rows, channels, betaX, betaWeight, betaBias,
            _scratch.Take<float>(LayerNormKernel.WorkspaceCount(rows, channels)), _team);
    }

    // The one storage type of a norm's parameter gradients, either of which may be absent.
    private static DType GradientType(Tensor first, Tensor second = default) =>
        !first.IsNone ? first.DType : !second.IsNone ? second.DType : DType.F32;
}
