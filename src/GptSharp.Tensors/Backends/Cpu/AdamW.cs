using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void AdamW(
        Tensor values, Tensor masterWeights, Tensor firstMoment, Tensor secondMoment, Tensor gradients, Tensor norm,
        long first, long count, AdamWScalars scalars, RandomKey key)
    {
        double scale = norm.IsNone ? 1 : scalars.GradientScale(*norm.Pointer<float>());
        MovedValuesDispatch.Run(
            new AdamWUpdate(firstMoment, secondMoment, first, count, scalars, scale, key, _team), values, masterWeights, gradients);
    }

    private readonly struct AdamWUpdate(
        Tensor firstMoment, Tensor secondMoment, long first, long count, AdamWScalars scalars, double scale, RandomKey key, ThreadTeam team)
        : IOptimizerUpdate
    {
        public void Run<TValues, TGradient>(TValues values, Tensor gradients)
            where TValues : struct, IMovedValues
            where TGradient : unmanaged => UpdateKernel.Run(
                new AdamWRule<TValues, TGradient>(
                    values, firstMoment.Pointer<float>(), secondMoment.Pointer<float>(), gradients.Pointer<TGradient>(), scalars, scale),
                first, count, key, team);
    }
}
