using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void LayerNorm(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double epsilon) =>
        LayerNormKernel.Forward(
            y.Pointer<float>(), mean.Pointer<float>(), rstd.Pointer<float>(),
            x.Pointer<float>(), weight.Pointer<float>(), bias.Pointer<float>(),
            Rows(x), x.Shape.Last, (float)epsilon, _team);

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dWeight, Tensor dBias, Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        float betaX, float betaWeight, float betaBias)
    {
        (int rows, int channels) = (Rows(x), x.Shape.Last);
        float* workspace = _scratch.Take<float>(LayerNormBackwardKernel.WorkspaceCount(rows, channels));
        LayerNormBackwardKernel.Run(
            dx.Pointer<float>(), dWeight.Pointer<float>(), dBias.Pointer<float>(), dy.Pointer<float>(),
            x.Pointer<float>(), weight.Pointer<float>(), mean.Pointer<float>(), rstd.Pointer<float>(),
            rows, channels, betaX, betaWeight, betaBias, workspace, _team);
    }
}
