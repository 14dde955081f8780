using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Dropout(Tensor y, Tensor x, double rate, RandomKey key, float beta)
    {
        int samples = y.Shape[0];
        DropoutKernel.Run(
            y.Pointer<float>(), x.Pointer<float>(), samples, y.Count / Math.Max(1, samples), (float)rate, key, beta, _team);
    }
}
