using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Copy(Tensor y, Tensor x)
    {
        if (y.DType.Size() == sizeof(BF16))
        {
            ElementwiseKernels.Copy(y.Pointer<BF16>(), x.Pointer<BF16>(), y.Count, _team);
        }
        else
        {
            ElementwiseKernels.Copy(y.Pointer<int>(), x.Pointer<int>(), y.Count, _team);
        }
    }
}
