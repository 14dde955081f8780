namespace GptSharp.Cuda;

/// <summary>A call of the CUDA driver that failed: which call, on what, why, and what to do.</summary>
/// <param name="message">One sentence for people.</param>
/// <param name="inner">What lies beneath, if anything.</param>
public class CudaException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No GPU can be used: no driver, one that is too old, no device, or none that serves.</summary>
/// <param name="message">One sentence that begins in lower case, for the end of another.</param>
/// <param name="inner">What lies beneath, if anything.</param>
public sealed class CudaUnavailableException(string message, Exception? inner = null) : CudaException(message, inner);

/// <summary>The device has not as much memory as was asked for.</summary>
/// <param name="bytes">What was asked for; 0 where the driver itself wanted memory.</param>
/// <param name="message">One sentence for people.</param>
public sealed class OutOfCudaMemoryException(long bytes, string message) : CudaException(message)
{
    /// <summary>What was asked for; 0 where the driver itself wanted memory.</summary>
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
        : this(kernel, shape, inner, $"The kernel {Name(kernel)} failed ({shape}): {reason}")
    {
    }

    private KernelFailedException(CudaKernel kernel, in LaunchShape shape, Exception? inner, string message)
        : base(message, inner) => (Kernel, Shape) = (Name(kernel), shape);

    /// <summary>Its name; where a later call told of the failure, the name of the kernel that was launched last.</summary>
    public string Kernel { get; }

    /// <summary>How it was launched.</summary>
    public LaunchShape Shape { get; }

    /// <summary>A failure that a later call told: of the kernel that was launched last, or of one before it.</summary>
    internal static KernelFailedException BeforeCall(CudaKernel last, in LaunchShape shape, string sentence) =>
        new(last, shape, null, $"A kernel failed, {Name(last)} ({shape}) or one launched before it: {sentence}");

    private static string Name(CudaKernel kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return kernel.Name;
    }
}
