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
        if (gradients.DType == DType.BF16)
        {
            AdamW<BF16>(values, masterWeights, firstMoment, secondMoment, gradients, first, count, scalars, scale, key);
        }
        else
        {
            AdamW<float>(values, masterWeights, firstMoment, secondMoment, gradients, first, count, scalars, scale, key);
        }
    }

    private void AdamW<TGradient>(
        Tensor values, Tensor masterWeights, Tensor firstMoment, Tensor secondMoment, Tensor gradients,
        long first, long count, AdamWScalars scalars, double scale, RandomKey key)
        where TGradient : unmanaged
    {
        float* master = masterWeights.Pointer<float>();
        switch (values.DType, masterWeights.IsNone)
        {
            case (DType.BF16, true):
                Update(new RandomlyRoundedValues(values.Pointer<BF16>()));
                break;
            case (DType.BF16, false):
                Update(new MasteredValues<BF16>(values.Pointer<BF16>(), master));
                break;
            case (_, true):
                Update(new SingleValues(values.Pointer<float>()));
                break;
            default:
                Update(new MasteredValues<float>(values.Pointer<float>(), master));
                break;
        }

        void Update<TValues>(TValues stored)
            where TValues : struct, IAdamWValues => AdamWKernel.Run(
                stored, firstMoment.Pointer<float>(), secondMoment.Pointer<float>(), gradients.Pointer<TGradient>(),
                first, count, scalars, scale, key, _team);
    }
}
