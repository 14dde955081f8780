using System.Globalization;

namespace GptSharp.Cuda.Nvidia;

/// <summary>
/// A GPU behind NVIDIA's driver. One stream takes all work, so that every call follows those before it; calls return before the device is
/// done, except <see cref="CopyToHost"/>, <see cref="Synchronize"/> and the freeing of memory. It uses the device's primary context, which
/// other libraries in the process share.
/// </summary>
internal sealed unsafe partial class NvidiaDriver : ICudaDriver
{
    // A stream that does not wait for the default stream, which others in the process may use.
    private const uint NonBlockingStream = 1;

    // A context is current in a thread, not in a process.
    [ThreadStatic]
    private static NvidiaDriver? _current;

    private readonly DriverLibrary _library;
    private readonly int _device;
    private readonly nint _context;
    private readonly PinnedRing _staging;
    private NvidiaKernel? _lastKernel;
    private LaunchShape _lastShape;
    private DriverCounts _counts;

    /// <summary>Opens a device.</summary>
    /// <param name="library">The driver.</param>
    /// <param name="device">The device's handle.</param>
    /// <param name="properties">What it is.</param>
    public NvidiaDriver(DriverLibrary library, int device, DeviceProperties properties)
    {
        (_library, _device, Properties) = (library, device, properties);
        nint context;
        Check(Functions.PrimaryContextRetain(&context, device), "cuDevicePrimaryCtxRetain");
        _context = context;
        Enter();
        nint stream;
        Check(Functions.StreamCreate(&stream, NonBlockingStream), "cuStreamCreate");
        Stream = stream;
        _staging = new PinnedRing(this);
    }

    /// <inheritdoc/>
    public DeviceProperties Properties { get; }

    /// <inheritdoc/>
    public DriverCounts Counts => _counts;

    /// <inheritdoc/>
    public Action<KernelLaunch>? Launched { get; set; }

    /// <inheritdoc/>
    public Action<string>? Log { get; set; }

    /// <summary>Whether everything was given back, what belongs to the driver included.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The driver's functions.</summary>
    public DriverFunctions Functions => _library.Functions;

    /// <summary>The stream of all work.</summary>
    public nint Stream { get; }

    /// <inheritdoc/>
    public ICudaEvent NewEvent() => new NvidiaEvent(this);

    /// <inheritdoc/>
    public void Synchronize()
    {
        RefuseInCapture("wait");
        Enter();
        Check(Functions.StreamSynchronize(Stream), "cuStreamSynchronize");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsDisposed)
        {
            return;
        }

        IsDisposed = true;
        _current = null;

        // After a kernel failed every call fails again; what is left to do is done all the same, and nothing is thrown.
        Note(Functions.ContextSetCurrent(_context), "cuCtxSetCurrent");
        Note(Functions.StreamSynchronize(Stream), "cuStreamSynchronize");
        _staging.Dispose();
        Note(Functions.StreamDestroy(Stream), "cuStreamDestroy");
        Note(Functions.PrimaryContextRelease(_device), "cuDevicePrimaryCtxRelease");
    }

    /// <summary>Makes the context that of the calling thread.</summary>
    internal void Enter()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_current != this)
        {
            Check(Functions.ContextSetCurrent(_context), "cuCtxSetCurrent");
            _current = this;
        }
    }

    /// <summary>Throws if a call failed.</summary>
    /// <param name="result">What it returned.</param>
    /// <param name="call">Its name, and of what it was.</param>
    internal void Check(CudaResult result, string call)
    {
        if (result != CudaResult.Success)
        {
            throw Failure(result, call);
        }
    }

    /// <summary>The exception for a call that failed.</summary>
    internal CudaException Failure(CudaResult result, string call)
    {
        string sentence = $"{call} on {Properties.Name} returned {_library.Describe(result)}";
        return result == CudaResult.OutOfMemory ? new OutOfCudaMemoryException(0, sentence)
            : Remedies.IsOfKernel(result) && _lastKernel is { } kernel ? KernelFailedException.BeforeCall(kernel, _lastShape, sentence)
            : new CudaException(sentence);
    }

    /// <summary>Says that a call failed where nobody can do anything about it: when things are given back.</summary>
    internal void Note(CudaResult result, string call)
    {
        if (result != CudaResult.Success)
        {
            Log?.Invoke($"{call} on {Properties.Name} returned {_library.Describe(result)}");
        }
    }

    /// <summary>Refuses what cannot be in a graph.</summary>
    internal void RefuseInCapture(string what)
    {
        if (_capture is not null)
        {
            throw DriverSentences.InCapture(what);
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
