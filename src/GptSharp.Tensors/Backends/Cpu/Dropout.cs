using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Dropout(Tensor y, Tensor x, double rate, RandomKey key, float beta)
    {
        if (y.DType == DType.BF16)
        {
            Dropout<BF16>(y, x, rate, key, beta);
        }
        else
        {
            Dropout<float>(y, x, rate, key, beta);
        }
    }

    private void Dropout<TStorage>(Tensor y, Tensor x, double rate, RandomKey key, float beta)
        where TStorage : unmanaged
    {
        int samples = y.Shape[0];
        DropoutKernel.Run(
            y.Pointer<TStorage>(), x.Pointer<TStorage>(), samples, y.Count / Math.Max(1, samples), (float)rate, key, beta, _team);
    }
}
