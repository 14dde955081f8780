using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Fill(Tensor y, double value)
    {
        switch (y.DType)
        {
            case DType.I32:
                ElementwiseKernels.Fill(y.Pointer<int>(), y.Count, (int)value, _team);
                break;
            case DType.BF16:
                ElementwiseKernels.Fill(y.Pointer<BF16>(), y.Count, (BF16)value, _team);
                break;
            default:
                ElementwiseKernels.Fill(y.Pointer<float>(), y.Count, (float)value, _team);
                break;
        }
    }
}
