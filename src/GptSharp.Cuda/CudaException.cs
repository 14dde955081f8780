namespace GptSharp.Cuda;

/// <summary>A call of the CUDA driver that failed: which call, on what, why, and what to do.</summary>
/// <param name="message">One sentence for people.</param>
/// <param name="inner">What lies beneath, if anything.</param>
public class CudaException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The device has not as much memory as was asked for.</summary>
/// <param name="bytes">What was asked for.</param>
/// <param name="message">One sentence for people.</param>
public sealed class OutOfCudaMemoryException(long bytes, string message) : CudaException(message)
{
    /// <summary>What was asked for.</summary>
    public long Bytes { get; } = bytes;
}
