using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private KernelPair _dropout = new("dropout", "dropout");

    /// <inheritdoc/>
    public void Dropout(Tensor y, Tensor x, double rate, RandomKey key, float beta)
    {
        int samples = x.Shape[0];
        long elements = x.Count / samples;
        int blocksPerSample = Grid.Elementwise(elements * x.DType.Size(), 2).GridX;
        Launch(
            _dropout.For(x.DType, this), new LaunchShape(checked(samples * blocksPerSample), Grid.ElementwiseThreads),
            y.Address, x.Address, elements, blocksPerSample, Philox.KeepThreshold((float)rate), (float)(1 / (1 - rate)), key.Site, beta,
            StateAddress(key));
    }
}
