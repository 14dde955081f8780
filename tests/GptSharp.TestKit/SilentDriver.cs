using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using GptSharp.Cuda;

namespace GptSharp.TestKit;

/// <summary>
/// A device that takes every launch and computes nothing: for tests of what the host does. Memory is the host's and holds what was copied
/// there last.
/// </summary>
public sealed unsafe partial class SilentDriver : ICudaDriver
{
    private readonly HashSet<nint> _memory = [];
    private SilentGraph? _capture;
    private DriverCounts _counts;

    /// <summary>Switches it on.</summary>
    /// <param name="capability">80 for 8.0.</param>
    public SilentDriver(int capability = 80) =>
        Properties = new DeviceProperties(
            "silent device", capability / 10, capability % 10, 108, 1L << 40, (capability is 86 or 89 ? 99 : capability < 80 ? 96 : 163) * 1024, 40 << 20, 1_410_000);

    /// <inheritdoc/>
    public DeviceProperties Properties { get; }

    /// <inheritdoc/>
    public long? FreeBytes => null;

    /// <inheritdoc/>
    public DriverCounts Counts => _counts;

    /// <inheritdoc/>
    public Action<KernelLaunch>? Launched { get; set; }

    /// <inheritdoc/>
    public Action<string>? Log { get; set; }

    /// <inheritdoc/>
    public ulong Allocate(long bytes)
    {
        _counts = _counts with { Allocations = _counts.Allocations + 1 };
        return (ulong)AllocatePinned(bytes);
    }

    /// <inheritdoc/>
    public void Free(ulong address) => FreePinned((nint)address);

    /// <inheritdoc/>
    public nint AllocatePinned(long bytes)
    {
        nint address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        NativeMemory.Clear((void*)address, (nuint)bytes);
        _memory.Add(address);
        return address;
    }

    /// <inheritdoc/>
    public void FreePinned(nint address)
    {
        if (!_memory.Remove(address))
        {
            throw new ArgumentException($"Nothing was allocated at 0x{address:x}.", nameof(address));
        }

        NativeMemory.AlignedFree((void*)address);
    }

    /// <inheritdoc/>
    public void CopyToDevice(ulong destination, ReadOnlySpan<byte> source)
    {
        source.CopyTo(new Span<byte>((void*)destination, source.Length));
        _counts = _counts with { CopiesToDevice = _counts.CopiesToDevice + 1, BytesToDevice = _counts.BytesToDevice + source.Length };
    }

    /// <inheritdoc/>
    public void CopyToHost(Span<byte> destination, ulong source)
    {
        new Span<byte>((void*)source, destination.Length).CopyTo(destination);
        _counts = _counts with { CopiesToHost = _counts.CopiesToHost + 1, BytesToHost = _counts.BytesToHost + destination.Length };
    }

    /// <inheritdoc/>
    public void Fill(ulong address, byte value, long bytes) => NativeMemory.Fill((void*)address, (nuint)bytes, value);

    /// <inheritdoc/>
    public ICudaModule Load(string name, ReadOnlySpan<byte> ptx) => new SilentModule(Encoding.UTF8.GetString(ptx));

    /// <inheritdoc/>
    public void Launch(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        if (_capture is not null)
        {
            _capture.Launches.Add((kernel, shape));
            return;
        }

        _counts = _counts with { Launches = _counts.Launches + 1 };
        Launched?.Invoke(new KernelLaunch(kernel, shape, null));
    }

    /// <inheritdoc/>
    public void BeginCapture() => _capture = new SilentGraph();

    /// <inheritdoc/>
    public ICudaGraph EndCapture()
    {
        SilentGraph graph = _capture!;
        _capture = null;
        return graph;
    }

    /// <inheritdoc/>
    public void Launch(ICudaGraph graph)
    {
        _counts = _counts with { GraphLaunches = _counts.GraphLaunches + 1 };
        foreach ((CudaKernel kernel, LaunchShape shape) in ((SilentGraph)graph).Launches)
        {
            Launched?.Invoke(new KernelLaunch(kernel, shape, null));
        }
    }

    /// <inheritdoc/>
    public ICudaEvent NewEvent() => throw new NotSupportedException("A silent device has no time.");

    /// <inheritdoc/>
    public void Synchronize()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint address in _memory)
        {
            NativeMemory.AlignedFree((void*)address);
        }

        _memory.Clear();
    }

    [GeneratedRegex(@"\.entry\s+(\w+)")]
    private static partial Regex Entry { get; }

    private sealed class SilentModule(string ptx) : ICudaModule
    {
        private readonly Dictionary<string, CudaKernel> _kernels =
            Entry.Matches(ptx).ToDictionary(match => match.Groups[1].Value, match => (CudaKernel)new SilentKernel(match.Groups[1].Value));

        public CudaKernel Kernel(string name) => _kernels[name];

        public void Dispose()
        {
        }
    }

    private sealed class SilentKernel(string name) : CudaKernel(name)
    {
        public override int ParameterBytes => 0;

        public override int Registers => 0;

        public override int LocalBytes => 0;
    }

    private sealed class SilentGraph : ICudaGraph
    {
        public List<(CudaKernel Kernel, LaunchShape Shape)> Launches { get; } = [];

        public int LaunchCount => Launches.Count;

        public void Dispose()
        {
        }
    }
}
