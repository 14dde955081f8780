using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Scale(Tensor y, Tensor x, double factor, float beta)
    {
        switch (y.DType, x.DType)
        {
            case (DType.BF16, _):
                Scale<BF16, BF16>(y, x, factor, beta);
                break;
            case (_, DType.BF16):
                Scale<float, BF16>(y, x, factor, beta);
                break;
            default:
                Scale<float, float>(y, x, factor, beta);
                break;
        }
    }

    private void Scale<TY, TX>(Tensor y, Tensor x, double factor, float beta)
        where TY : unmanaged
        where TX : unmanaged =>
        ElementwiseKernels.Scale(y.Pointer<TY>(), x.Pointer<TX>(), y.Count, (float)factor, beta, _team);
}
