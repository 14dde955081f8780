using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private CudaKernel? _fill;

    /// <inheritdoc/>
    public void Fill(Tensor y, double value)
    {
        uint pattern = y.DType switch
        {
            DType.I32 => (uint)(int)value,
            DType.BF16 => ((BF16)value).Bits * 0x10001u,
            _ => BitConverter.SingleToUInt32Bits((float)value),
        };
        Launch(_fill ??= Kernel("fill", "fill_bytes"), Grid.Elementwise(y.Bytes, 4), y.Address, y.Bytes, pattern);
    }
}
