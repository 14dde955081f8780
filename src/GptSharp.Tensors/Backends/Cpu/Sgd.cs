using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Sgd(
        Tensor values, Tensor masterWeights, Tensor velocity, Tensor gradients, Tensor norm,
        long first, long count, SgdScalars scalars, RandomKey key)
    {
        double scale = norm.IsNone ? 1 : scalars.GradientScale(*norm.Pointer<float>());
        MovedValuesDispatch.Run(new SgdUpdate(velocity, first, count, scalars, scale, key, _team), values, masterWeights, gradients);
    }

    private readonly struct SgdUpdate(
        Tensor velocity, long first, long count, SgdScalars scalars, double scale, RandomKey key, ThreadTeam team) : IOptimizerUpdate
    {
        public void Run<TValues, TGradient>(TValues values, Tensor gradients)
            where TValues : struct, IMovedValues
            where TGradient : unmanaged => UpdateKernel.Run(
                new SgdRule<TValues, TGradient>(values, velocity.Pointer<float>(), gradients.Pointer<TGradient>(), scalars, scale),
                first, count, key, team);
    }
}
