using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Fill(Tensor y, double value)
    {
        // Four bytes either way: an integer fill is a fill with the same bits.
        float bits = y.DType == DType.I32 ? BitConverter.Int32BitsToSingle((int)value) : (float)value;
        ElementwiseKernels.Fill(y.Pointer<float>(), y.Count, bits, _team);
    }
}
