using GptSharp.Tensors.Backends.Cuda.Kernels;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private readonly OptimizerKernels _sgd = new("sgd");

    /// <inheritdoc/>
    public void Sgd(
        Tensor values, Tensor masterWeights, Tensor velocity, Tensor gradients, Tensor norm,
        long first, long count, SgdScalars scalars, RandomKey key)
    {
        if (count == 0)
        {
            return;
        }

        OptimizerKernels.RequirePhiloxRange(values, masterWeights, first, count);
        bool clips = !norm.IsNone && !double.IsPositiveInfinity(scalars.Clip);
        (float gradientShare, float velocityShare) = scalars.Nesterov ? (1, (float)scalars.Momentum) : (0, 1);
        Launch(
            _sgd.For(values.DType, !masterWeights.IsNone, gradients.DType, this), OptimizerKernels.Shape(first, count),
            values.Address, masterWeights.Address, velocity.Address, gradients.Address, clips ? norm.Address : 0,
            StateAddress(key, scalars.LearningRate, 0, 0), first, count,
            (float)scalars.Momentum, (float)scalars.WeightDecay, gradientShare, velocityShare, (float)scalars.Clip, key.Site);
    }
}
