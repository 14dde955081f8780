using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Norms;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private readonly int _normSharedBytes;
    private NormKernels _layerNorm = new("layer_norm", "layer_norm");
    private NormKernels _layerNormBackward = new("layer_norm", "layer_norm_backward");

    /// <inheritdoc/>
    public void LayerNorm(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        int channels = x.Shape.Last;
        NormPlan plan = new(channels, x.DType, Vectors: 2, _normSharedBytes);
        int width = plan.Width(y.Address, x.Address, weight.Address, bias.Address);
        (LaunchShape shape, int rowsPerBlock) = plan.Forward(x.Shape.Rows, width);
        Launch(
            _layerNorm.For(width, x.DType, this), shape,
            y.Address, mean.Address, rstd.Address, x.Address, weight.Address, bias.Address,
            (int)x.Shape.Rows, channels, rowsPerBlock, 1f / channels, (float)epsilon);
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dWeight, Tensor dBias, Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        float betaX, float betaWeight, float betaBias)
    {
        (long rows, int channels) = (x.Shape.Rows, x.Shape.Last);
        bool sums = !dWeight.IsNone || !dBias.IsNone;
        nint partial = sums ? Workspace(LayerNormWorkspaceBytes(rows, channels, x.DType)) : 0;
        NormPlan plan = new(channels, x.DType, Vectors: 2, _normSharedBytes);
        int width = plan.Width(dx.Address, dy.Address, x.Address, weight.Address);
        (int blocks, int rowsPerBlock) = NormPlan.BackwardRows(rows, channels, x.DType, vectors: 2);
        (CudaKernel kernel, width, int batch) = plan.Backward(_layerNormBackward, width, this);
        Launch(
            kernel, plan.BackwardShape(blocks, width, batch),
            dx.Address, partial, dy.Address, x.Address, weight.Address, mean.Address, rstd.Address,
            (int)rows, channels, rowsPerBlock, batch, 1f / channels, betaX);
        if (sums)
        {
            ColumnSums(dWeight, dBias, partial, blocks, channels, 2 * channels, betaWeight, betaBias);
        }
    }

    private static long LayerNormWorkspaceBytes(long rows, int channels, DType type) =>
        NormPlan.BackwardRows(rows, channels, type, vectors: 2).Blocks * 2L * channels * sizeof(float);
}
