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

/// <summary>A kernel did something wrong, or the device failed while it ran.</summary>
public sealed class KernelFailedException : CudaException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="shape">How it was launched.</param>
    /// <param name="reason">What it did; one sentence.</param>
    /// <param name="inner">What lies beneath, if anything.</param>
    public KernelFailedException(CudaKernel kernel, in LaunchShape shape, string reason, Exception? inner = null)
        : base($"The kernel {Name(kernel)} failed ({shape}): {reason}", inner) => (Kernel, Shape) = (Name(kernel), shape);

    /// <summary>The kernel's name.</summary>
    public string Kernel { get; }

    /// <summary>How it was launched.</summary>
    public LaunchShape Shape { get; }

    private static string Name(CudaKernel kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return kernel.Name;
    }
}
