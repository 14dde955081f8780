using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void AdamW(
        Tensor values, Tensor masterWeights, Tensor firstMoment, Tensor secondMoment, Tensor gradients, Tensor norm,
        long first, long count, AdamWScalars scalars, RandomKey key)
    {
        double scale = norm.IsNone ? 1 : scalars.GradientScale(*norm.Pointer<float>());
        AdamWKernel.Run(
            values.Pointer<float>() + first, firstMoment.Pointer<float>() + first, secondMoment.Pointer<float>() + first,
            gradients.Pointer<float>() + first, count, scalars, scale, _team);
    }
}
