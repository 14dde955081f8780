using GptSharp.Tensors.Backends.Cuda.Kernels;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private readonly OptimizerKernels _adamW = new("adamw");

    /// <inheritdoc/>
    public void AdamW(
        Tensor values, Tensor masterWeights, Tensor firstMoment, Tensor secondMoment, Tensor gradients, Tensor norm,
        long first, long count, AdamWScalars scalars, RandomKey key)
    {
        if (count == 0)
        {
            return;
        }

        OptimizerKernels.RequirePhiloxRange(values, masterWeights, first, count);
        bool clips = !norm.IsNone && !double.IsPositiveInfinity(scalars.Clip);
        Launch(
            _adamW.For(values.DType, !masterWeights.IsNone, gradients.DType, this), OptimizerKernels.Shape(first, count),
            values.Address, masterWeights.Address, firstMoment.Address, secondMoment.Address, gradients.Address,
            clips ? norm.Address : 0, StateAddress(key, scalars.LearningRate, scalars.Correction1, scalars.Correction2), first, count,
            (float)scalars.Beta1, (float)(1 - scalars.Beta1), (float)scalars.Beta2, (float)(1 - scalars.Beta2),
            (float)scalars.Epsilon, (float)scalars.WeightDecay, (float)scalars.Clip, key.Site);
    }
}
