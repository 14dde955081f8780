using System.Globalization;
using System.Runtime.InteropServices;
using GptSharp.Ptx;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cuda.Emulation;

/// <summary>
/// A GPU that is not there: the PTX emulator behind the driver's interface. Every call is done when it returns. Launches are checked
/// for races, accesses outside a buffer, reads of memory that nothing wrote and more, as <see cref="EmulatorOptions.Checks"/> says.
/// </summary>
public sealed unsafe class EmulatorDriver : ICudaDriver
{
    private const int PinnedAlignment = 4096;
    private readonly EmulatorOptions _initial;
    private readonly HashSet<nint> _pinned = [];
    private EmulatedGraph? _capture;
    private DriverCounts _counts;
    private long _bytesAllocated;

    /// <summary>Switches the device on.</summary>
    /// <param name="options">What it is; null for all checks on.</param>
    public EmulatorDriver(EmulatorOptions? options = null)
    {
        _initial = Options = options ?? new EmulatorOptions();
        Properties = new DeviceProperties(
            $"emulated GPU, sm_{_initial.Capability}",
            _initial.Capability / 10,
            _initial.Capability % 10,
            108,
            _initial.MemoryBytes,
            1024 * SharedKilobytes(_initial.Capability),
            40 << 20,
            1_410_000);
    }

    /// <summary>How launches run from here on; what the device is (memory, capability) stays as it was.</summary>
    public EmulatorOptions Options { get; set; }

    /// <summary>The device's memory, for tests.</summary>
    public DeviceMemory Memory { get; } = new();

    // What a block can have: of consumers' GPUs, of the A100 and of the V100.
    private static int SharedKilobytes(int capability) => capability is 86 or 89 or 120 ? 99 : capability >= 80 ? 163 : 96;

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
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        RefuseInCapture("allocation");
        if (bytes > _initial.MemoryBytes - _bytesAllocated)
        {
            throw new OutOfCudaMemoryException(
                bytes,
                $"The device {Properties.Name} has no {Number(bytes)} bytes left: {Number(_bytesAllocated)} of {Number(_initial.MemoryBytes)} are taken.");
        }

        try
        {
            ulong address = Memory.Allocate(bytes, string.Create(CultureInfo.InvariantCulture, $"allocation {_counts.Allocations}")).Address;
            _bytesAllocated += bytes;
            _counts = _counts with { Allocations = _counts.Allocations + 1 };
            return address;
        }
        catch (OutOfMemoryException)
        {
            throw new OutOfCudaMemoryException(
                bytes, $"The machine has no {Number(bytes)} bytes left for the device that it emulates: {Number(_bytesAllocated)} are taken.");
        }
    }

    /// <inheritdoc/>
    public void Free(ulong address)
    {
        RefuseInCapture("free");
        if (Memory.Find(address) is not { } buffer || buffer.Address != address || _pinned.Contains((nint)address))
        {
            throw new CudaException($"Free: 0x{address:x} is no address that an allocation returned.");
        }

        _bytesAllocated -= (long)buffer.ByteCount;
        Memory.Free(buffer);
    }

    /// <inheritdoc/>
    public nint AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        RefuseInCapture("allocation");
        void* host = NativeMemory.AlignedAlloc((nuint)bytes, PinnedAlignment);
        NativeMemory.Clear(host, (nuint)bytes);
        Memory.MapInPlace(host, bytes, "pinned memory");
        _pinned.Add((nint)host);
        return (nint)host;
    }

    /// <inheritdoc/>
    public void FreePinned(nint address)
    {
        RefuseInCapture("free");
        if (!_pinned.Remove(address))
        {
            throw new CudaException($"FreePinned: 0x{address:x} is no address that an allocation of pinned memory returned.");
        }

        Memory.Free(Memory.Find((ulong)address)!);
        NativeMemory.AlignedFree((void*)address);
    }

    /// <inheritdoc/>
    public void CopyToDevice(ulong destination, ReadOnlySpan<byte> source)
    {
        RefuseInCapture("copy");
        if (!source.IsEmpty)
        {
            (DeviceBuffer buffer, nuint offset) = Range("Copy to the device", destination, source.Length);
            buffer.Write(source, offset);
        }

        _counts = _counts with { CopiesToDevice = _counts.CopiesToDevice + 1, BytesToDevice = _counts.BytesToDevice + source.Length };
    }

    /// <inheritdoc/>
    public void CopyToHost(Span<byte> destination, ulong source)
    {
        RefuseInCapture("copy");
        if (!destination.IsEmpty)
        {
            (DeviceBuffer buffer, nuint offset) = Range("Copy to the host", source, destination.Length);
            if (Options.Checks.HasFlag(Checks.Initialised) && buffer.FindNeverWritten(offset, (nuint)destination.Length) is { } unwritten)
            {
                throw new CudaException($"Copy to the host: nothing ever wrote byte {unwritten} of {buffer.Name}.");
            }

            buffer.CopyTo(offset, destination);
        }

        _counts = _counts with { CopiesToHost = _counts.CopiesToHost + 1, BytesToHost = _counts.BytesToHost + destination.Length };
    }

    /// <inheritdoc/>
    public void Fill(ulong address, byte value, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        RefuseInCapture("fill");
        if (bytes > 0)
        {
            (DeviceBuffer buffer, nuint offset) = Range("Fill", address, bytes);
            buffer.Fill(offset, (nuint)bytes, value);
        }
    }

    /// <inheritdoc/>
    public ICudaModule Load(string name, ReadOnlySpan<byte> ptx)
    {
        RefuseInCapture("load of a module");
        return new EmulatedModule(this, name, ptx);
    }

    /// <inheritdoc/>
    public void Launch(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        if (kernel is not EmulatedKernel emulated || emulated.Module.Driver != this)
        {
            throw DriverSentences.ForeignKernel(kernel);
        }

        emulated.Check(shape, parameters.Length);
        if (_capture is not null)
        {
            _capture.Add(emulated, shape, parameters);
            return;
        }

        Run(emulated, shape, parameters);
        _counts = _counts with { Launches = _counts.Launches + 1 };
    }

    /// <inheritdoc/>
    public void BeginCapture()
    {
        RefuseInCapture("capture");
        _capture = new EmulatedGraph(this);
    }

    /// <inheritdoc/>
    public ICudaGraph EndCapture()
    {
        EmulatedGraph graph = _capture ?? throw DriverSentences.NoCapture();
        _capture = null;
        return graph;
    }

    /// <inheritdoc/>
    public void Launch(ICudaGraph graph)
    {
        RefuseInCapture("launch of a graph");
        if (graph is not EmulatedGraph emulated || emulated.Driver != this)
        {
            throw DriverSentences.ForeignGraph();
        }

        foreach ((EmulatedKernel kernel, LaunchShape shape, byte[] parameters) in emulated.Launches)
        {
            Run(kernel, shape, parameters);
        }

        _counts = _counts with { GraphLaunches = _counts.GraphLaunches + 1 };
    }

    /// <inheritdoc/>
    public ICudaEvent NewEvent() => new EmulatedEvent(this);

    /// <inheritdoc/>
    public void Synchronize() => RefuseInCapture("wait");

    /// <inheritdoc/>
    public void Dispose()
    {
        Memory.Dispose();
        foreach (nint address in _pinned)
        {
            NativeMemory.AlignedFree((void*)address);
        }

        _pinned.Clear();
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

    private void Run(EmulatedKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        LaunchReport report = kernel.Run(shape, parameters);
        Launched?.Invoke(new KernelLaunch(kernel, shape, report));
    }

    private (DeviceBuffer Buffer, nuint Offset) Range(string what, ulong address, long bytes)
    {
        if (address == 0)
        {
            throw DriverSentences.NullPointer(what, Number(bytes));
        }

        DeviceBuffer buffer = Memory.Find(address)
            ?? throw new CudaException($"{what}: 0x{address:x} lies in no memory of this device, or in memory that was freed.");
        nuint offset = (nuint)(address - buffer.Address);
        return (nuint)bytes <= buffer.ByteCount - offset
            ? (buffer, offset)
            : throw new CudaException(
                $"{what}: {Number(bytes)} bytes from byte {Number((long)offset)} of {buffer.Name} go beyond its end; it has {Number((long)buffer.ByteCount)}.");
    }
}
