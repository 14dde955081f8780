using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Memory;

/// <summary>One worker's view of all memory: the buffers, and the shared and local memory of the block that it runs.</summary>
internal sealed unsafe class RegionTable : IDisposable
{
    private readonly LaunchMemory _launch;
    private readonly bool _isChecked;
    private readonly DeviceBuffer[] _buffers;
    private readonly MemoryRegion?[] _global;
    private readonly MemoryRegion?[] _local;
    private readonly byte* _localBytes;
    private readonly byte* _localWritten;
    private int _last;

    /// <summary>Creates the view.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="isChecked">Whether the regions are to have shadows.</param>
    public RegionTable(LaunchMemory launch, bool isChecked)
    {
        (_launch, _isChecked, _buffers) = (launch, isChecked, launch.Buffers);
        KernelMemory kernel = launch.Kernel;
        _global = new MemoryRegion?[_buffers.Length];
        _local = new MemoryRegion?[kernel.Warps * 32];
        nuint localTotal = LocalTotal;
        _localBytes = ZeroedMemory.Rent(localTotal);
        _localWritten = isChecked ? ZeroedMemory.Rent(localTotal) : null;
        Shared = new MemoryRegion
        {
            Space = MemorySpace.Shared,
            Name = "shared memory",
            Address = 0,
            ByteCount = (nuint)kernel.SharedBytes,
            Host = ZeroedMemory.Rent((nuint)kernel.SharedBytes),
            Shadow = isChecked ? launch.Device.Shadows.RentRace((nuint)kernel.SharedBytes, launch.Granularity.Shared, true) : null,
        };
        byte* parameters = ZeroedMemory.Rent((nuint)kernel.Parameters.Length);
        kernel.Parameters.CopyTo(new Span<byte>(parameters, kernel.Parameters.Length));
        Parameters = new MemoryRegion
        {
            Space = MemorySpace.Parameter,
            Name = "the kernel's parameters",
            Address = 0,
            ByteCount = (nuint)kernel.Parameters.Length,
            Host = parameters,
            IsReadOnly = true,
        };
    }

    /// <summary>The block's shared memory.</summary>
    public MemoryRegion Shared { get; }

    /// <summary>The kernel's parameters.</summary>
    public MemoryRegion Parameters { get; }

    // Zeroed, as everything here, so that a run with the checks off is as reproducible as one with them.
    private nuint LocalTotal => (nuint)_local.Length * (nuint)_launch.Kernel.LocalBytes;

    /// <summary>The buffers that this worker's blocks touched.</summary>
    public IEnumerable<(int Index, MemoryRegion Region)> TouchedBuffers =>
        _global.Select((region, index) => (index, region)).Where(pair => pair.region is not null).Select(pair => (pair.index, pair.region!));

    /// <summary>Makes local memory as never written.</summary>
    public void BeginBlock()
    {
        if (_localWritten is not null)
        {
            NativeMemory.Clear(_localWritten, LocalTotal);
        }
    }

    /// <summary>The buffer that an address lies in, or null.</summary>
    public MemoryRegion? Find(ulong address)
    {
        if (_last < _global.Length && _global[_last] is { } last && address - last.Address < last.ByteCount)
        {
            return last;
        }

        int low = 0;
        int high = _buffers.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            DeviceBuffer buffer = _buffers[middle];
            if (address < buffer.Address)
            {
                high = middle - 1;
            }
            else if (address >= buffer.End)
            {
                low = middle + 1;
            }
            else
            {
                _last = middle;
                return _global[middle] ??= Create(middle);
            }
        }

        return null;
    }

    /// <summary>A thread's local memory.</summary>
    public MemoryRegion Local(int warp, int lane)
    {
        int thread = (warp * 32) + lane;
        return _local[thread] ??= new MemoryRegion
        {
            Space = MemorySpace.Local,
            Name = "the thread's local memory",
            Address = 0,
            ByteCount = (nuint)_launch.Kernel.LocalBytes,
            Host = _localBytes + ((nuint)thread * (nuint)_launch.Kernel.LocalBytes),
            Written = _localWritten is null ? null : _localWritten + ((nuint)thread * (nuint)_launch.Kernel.LocalBytes),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ZeroedMemory.Return(Shared.Host, Shared.ByteCount);
        ZeroedMemory.Return(Parameters.Host, Parameters.ByteCount);
        ZeroedMemory.Return(_localBytes, LocalTotal);
        ZeroedMemory.Return(_localWritten, LocalTotal);
        ShadowPool pool = _launch.Device.Shadows;
        foreach (MemoryRegion region in _global.OfType<MemoryRegion>().Append(Shared))
        {
            if (region.Shadow is { } shadow)
            {
                pool.Return(region.ByteCount, shadow, _launch.ShadowGeneration);
            }

            if (region.Launch is { } launch)
            {
                pool.Return(region.ByteCount, launch);
            }
        }
    }

    private MemoryRegion Create(int index)
    {
        DeviceBuffer buffer = _buffers[index];
        Granularity granularity = _launch.Granularity;
        return new MemoryRegion
        {
            Space = MemorySpace.Global,
            Name = buffer.Name,
            Address = buffer.Address,
            ByteCount = buffer.ByteCount,
            Host = buffer.Host,
            IsReadOnly = buffer.IsReadOnly,
            Written = buffer.Written,
            Shadow = _isChecked && !buffer.IsReadOnly ? _launch.Device.Shadows.RentRace(buffer.ByteCount, granularity.Global, false) : null,
            Launch = _isChecked && !buffer.IsReadOnly ? _launch.Device.Shadows.RentLaunch(buffer.ByteCount, granularity.Global) : null,
            TouchedByLoads = _launch.Touched is { } touched ? touched.Loads(index) : null,
            TouchedByStores = _launch.Touched is { } stored ? stored.Stores(index) : null,
        };
    }
}
