using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Norms;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private NormKernels _rmsNorm = new("rms_norm", "rms_norm");
    private NormKernels _rmsNormBackward = new("rms_norm", "rms_norm_backward");

    /// <inheritdoc/>
    public void RMSNorm(Tensor y, Tensor rrms, Tensor x, Tensor weight, double epsilon)
    {
        int channels = x.Shape.Last;
        NormPlan plan = new(channels, x.DType, Vectors: 1, _normSharedBytes);
        int width = plan.Width(y.Address, x.Address, weight.Address);
        (LaunchShape shape, int rowsPerBlock) = plan.Forward(x.Shape.Rows, width);
        Launch(
            _rmsNorm.For(width, x.DType, this), shape,
            y.Address, rrms.Address, x.Address, weight.Address,
            (int)x.Shape.Rows, channels, rowsPerBlock, 1f / channels, (float)epsilon);
    }

    /// <inheritdoc/>
    public void RMSNormBackward(
        Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor weight, Tensor rrms, float betaX, float betaWeight)
    {
        (long rows, int channels) = (x.Shape.Rows, x.Shape.Last);
        nint partial = dWeight.IsNone ? 0 : Workspace(RMSNormWorkspaceBytes(rows, channels, x.DType));
        NormPlan plan = new(channels, x.DType, Vectors: 1, _normSharedBytes);
        int width = plan.Width(dx.Address, dy.Address, x.Address, weight.Address);
        (int blocks, int rowsPerBlock) = NormPlan.BackwardRows(rows, channels, x.DType, vectors: 1);
        (CudaKernel kernel, width, int batch) = plan.Backward(_rmsNormBackward, width, this);
        Launch(
            kernel, plan.BackwardShape(blocks, width, batch),
            dx.Address, partial, dy.Address, x.Address, weight.Address, rrms.Address,
            (int)rows, channels, rowsPerBlock, batch, 1f / channels, betaX);
        if (!dWeight.IsNone)
        {
            ColumnSums(dWeight, Tensor.None, partial, blocks, channels, channels, betaWeight, 0);
        }
    }

    private static long RMSNormWorkspaceBytes(long rows, int channels, DType type) =>
        NormPlan.BackwardRows(rows, channels, type, vectors: 1).Blocks * (long)channels * sizeof(float);
}
