using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Copy(Tensor y, Tensor x) =>
        ElementwiseKernels.Copy(y.Pointer<float>(), x.Pointer<float>(), y.Count, _team);
}
