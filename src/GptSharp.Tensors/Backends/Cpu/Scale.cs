using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Scale(Tensor y, Tensor x, double factor, float beta) =>
        ElementwiseKernels.Scale(y.Pointer<float>(), x.Pointer<float>(), y.Count, (float)factor, beta, _team);
}
