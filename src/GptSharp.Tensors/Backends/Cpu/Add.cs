using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Add(Tensor y, Tensor a, Tensor b) =>
        ElementwiseKernels.Add(y.Pointer<float>(), a.Pointer<float>(), b.Pointer<float>(), y.Count, _team);
}
