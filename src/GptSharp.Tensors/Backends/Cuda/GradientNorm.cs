using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    // As in gradient_norm.cu.
    private const int NormThreads = 512, NormElements = 65536;

    private KernelPair _gradientNorm = new("gradient_norm", "gradient_norm");
    private CudaKernel? _gradientNormRoot;

    /// <inheritdoc/>
    public void GradientNorm(Tensor norm, Tensor gradients)
    {
        nint sums = Workspace(GradientNormWorkspaceBytes(gradients.Count));
        int blocks = Grid.Blocks(gradients.Count, NormElements);
        Launch(_gradientNorm.For(gradients.DType, this), new LaunchShape(blocks, NormThreads), sums, gradients.Address, gradients.Count);
        _gradientNormRoot ??= Kernel("gradient_norm", "gradient_norm_root");
        Launch(_gradientNormRoot, new LaunchShape(1, NormThreads), norm.Address, sums, blocks);
    }

    private static long GradientNormWorkspaceBytes(long count) => sizeof(double) * (long)Grid.Blocks(count, NormElements);
}
