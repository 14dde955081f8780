using GptSharp.Cuda;

namespace GptSharp.GpuBench.Timing;

/// <summary>
/// A driver that measures each kernel at the moment when a program launches it, with the program's own parameters and data: it is launched
/// again and again, the second-level cache flushed before each time. Kernels that add to what is there add more often than they should, so
/// the program's results mean nothing.
/// </summary>
/// <param name="inner">The device.</param>
/// <param name="isSmall">Whether one run is enough.</param>
internal sealed class TimingDriver(ICudaDriver inner, bool isSmall) : ICudaDriver
{
    private readonly Dictionary<(string Kernel, LaunchShape Shape), KernelTime> _times = [];
    private readonly long _flushBytes = isSmall ? 4096 : 2L * inner.Properties.L2Bytes;
    private ulong _flush;

    /// <summary>What was launched since somebody cleared it.</summary>
    public List<KernelTime> Launches { get; } = [];

    /// <inheritdoc/>
    public DeviceProperties Properties => inner.Properties;

    /// <inheritdoc/>
    public long? FreeBytes => inner.FreeBytes;

    /// <inheritdoc/>
    public DriverCounts Counts => inner.Counts;

    /// <inheritdoc/>
    public Action<KernelLaunch>? Launched
    {
        get => inner.Launched;
        set => inner.Launched = value;
    }

    /// <inheritdoc/>
    public Action<string>? Log
    {
        get => inner.Log;
        set => inner.Log = value;
    }

    /// <inheritdoc/>
    public void Launch(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        if (!_times.TryGetValue((kernel.Name, shape), out KernelTime? time))
        {
            time = Measure(kernel, shape, parameters.ToArray());
            _times.Add((kernel.Name, shape), time);
        }

        inner.Launch(kernel, shape, parameters);
        Launches.Add(time);
    }

    /// <inheritdoc/>
    public ulong Allocate(long bytes) => inner.Allocate(bytes);

    /// <inheritdoc/>
    public void Free(ulong address) => inner.Free(address);

    /// <inheritdoc/>
    public nint AllocatePinned(long bytes) => inner.AllocatePinned(bytes);

    /// <inheritdoc/>
    public void FreePinned(nint address) => inner.FreePinned(address);

    /// <inheritdoc/>
    public void CopyToDevice(ulong destination, ReadOnlySpan<byte> source) => inner.CopyToDevice(destination, source);

    /// <inheritdoc/>
    public void CopyToHost(Span<byte> destination, ulong source) => inner.CopyToHost(destination, source);

    /// <inheritdoc/>
    public void Fill(ulong address, byte value, long bytes) => inner.Fill(address, value, bytes);

    /// <inheritdoc/>
    public ICudaModule Load(string name, ReadOnlySpan<byte> ptx) => inner.Load(name, ptx);

    /// <inheritdoc/>
    public void BeginCapture() => inner.BeginCapture();

    /// <inheritdoc/>
    public ICudaGraph EndCapture() => inner.EndCapture();

    /// <inheritdoc/>
    public void Launch(ICudaGraph graph) => inner.Launch(graph);

    /// <inheritdoc/>
    public ICudaEvent NewEvent() => inner.NewEvent();

    /// <inheritdoc/>
    public void Synchronize() => inner.Synchronize();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private KernelTime Measure(CudaKernel kernel, LaunchShape shape, byte[] parameters)
    {
        if (_flush == 0)
        {
            _flush = inner.Allocate(_flushBytes);
        }

        double seconds = Stopwatches.MedianSeconds(
            inner, isSmall, () => inner.Launch(kernel, shape, parameters), () => inner.Fill(_flush, 0, _flushBytes));
        return new KernelTime(kernel.Name, shape.ToString(), kernel.Registers, kernel.LocalBytes, seconds * 1e6);
    }
}

/// <summary>A kernel's time at one shape.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Shape">Its grid.</param>
/// <param name="Registers">Registers per thread.</param>
/// <param name="LocalBytes">Bytes per thread that did not fit into them.</param>
/// <param name="Microseconds">The median.</param>
internal sealed record KernelTime(string Kernel, string Shape, int Registers, int LocalBytes, double Microseconds);
