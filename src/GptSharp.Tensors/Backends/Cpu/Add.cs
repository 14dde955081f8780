using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Add(Tensor y, Tensor a, Tensor b)
    {
        if (y.DType == DType.BF16)
        {
            Add<BF16>(y, a, b);
        }
        else
        {
            Add<float>(y, a, b);
        }
    }

    private void Add<TStorage>(Tensor y, Tensor a, Tensor b)
        where TStorage : unmanaged =>
        ElementwiseKernels.Add(y.Pointer<TStorage>(), a.Pointer<TStorage>(), b.Pointer<TStorage>(), y.Count, _team);
}
