using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private const int PackBytes = 16;
    private const int ElementwiseThreads = 256;

    /// <summary>
    /// The grid of an elementwise kernel, whose blocks take 256 x <paramref name="packsPerThread"/> packs of 16 bytes of the tensor that is
    /// stored widest.
    /// </summary>
    private static LaunchShape ElementwiseShape(long bytes, int packsPerThread) =>
        new(Blocks(bytes, ElementwiseThreads * packsPerThread * PackBytes), ElementwiseThreads);
}
