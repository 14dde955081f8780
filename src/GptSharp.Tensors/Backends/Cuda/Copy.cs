using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private CudaKernel? _copy;

    /// <inheritdoc/>
    public void Copy(Tensor y, Tensor x) =>
        Launch(_copy ??= Kernel("copy", "copy_bytes"), Grid.Elementwise(x.Bytes, 4), y.Address, x.Address, x.Bytes);
}
