using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void GradientNorm(Tensor norm, Tensor gradients)
    {
        double* workspace = _scratch.Take<double>(SquaredNormKernel.WorkspaceCount(gradients.Count));
        double squares = gradients.DType == DType.BF16
            ? SquaredNormKernel.Run(gradients.Pointer<BF16>(), gradients.Count, workspace, _team)
            : SquaredNormKernel.Run(gradients.Pointer<float>(), gradients.Count, workspace, _team);
        *norm.Pointer<float>() = (float)Math.Sqrt(squares);
    }
}
