using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private const int PackBytes = 16;
    private const int ElementwiseThreads = 256;

    /// <summary>The grid of an elementwise kernel, whose blocks take the inputs 256 x <paramref name="packsPerThread"/> packs of 16 bytes at a time.</summary>
    private static LaunchShape ElementwiseShape(long inputBytes, int packsPerThread) =>
        new(Blocks(inputBytes, ElementwiseThreads * packsPerThread * PackBytes), ElementwiseThreads);
}
