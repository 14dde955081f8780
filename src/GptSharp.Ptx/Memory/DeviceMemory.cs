namespace GptSharp.Ptx.Memory;

/// <summary>
/// The emulated GPU's global memory: buffers at addresses that are stable and never reused, with a red zone behind each that is
/// as long as the buffer and at least 1 MiB, so that an access beside a buffer hits nothing and is reported. Addresses cost nothing.
/// </summary>
public sealed unsafe class DeviceMemory : IDisposable
{
    private const ulong SmallestRedZone = 1 << 20;

    // As cudaMalloc: every buffer begins at a multiple of 256 bytes.
    private const ulong Alignment = 256;
    private const int FreedRemembered = 1024;

    // Nothing lies so low: an address there is a null pointer, with or without an offset.
    private const ulong LowestAddress = 1 << 16;

    private readonly Lock _lock = new();
    private readonly SortedList<ulong, DeviceBuffer> _buffers = [];
    private readonly Queue<(ulong Address, ulong End, string Name)> _freed = new();
    private ulong _next = AddressWindows.Global;
    private DeviceBuffer[]? _visible;

    /// <summary>The buffers, by address.</summary>
    public IReadOnlyList<DeviceBuffer> Buffers
    {
        get
        {
            lock (_lock)
            {
                return [.. _buffers.Values];
            }
        }
    }

    /// <summary>What checked launches on this memory use again.</summary>
    internal ShadowPool Shadows { get; } = new();

    /// <summary>What kernels can reach, by address.</summary>
    internal DeviceBuffer[] Visible
    {
        get
        {
            lock (_lock)
            {
                return _visible ??= [.. _buffers.Values];
            }
        }
    }

    /// <summary>Reserves memory that starts as never written.</summary>
    /// <param name="byteCount">Number of bytes.</param>
    /// <param name="name">What messages call the buffer.</param>
    /// <param name="isReadOnly">Whether kernels may only read it.</param>
    public DeviceBuffer Allocate(long byteCount, string name, bool isReadOnly = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        return Add(null, (nuint)byteCount, name, isReadOnly);
    }

    /// <summary>Reserves memory and fills it.</summary>
    /// <param name="values">What it holds at first.</param>
    /// <param name="name">What messages call the buffer.</param>
    /// <param name="isReadOnly">Whether kernels may only read it.</param>
    public DeviceBuffer Allocate<T>(ReadOnlySpan<T> values, string name, bool isReadOnly = false)
        where T : unmanaged
    {
        DeviceBuffer buffer = Allocate((long)values.Length * sizeof(T), name, isReadOnly);
        buffer.Write(values);
        return buffer;
    }

    /// <summary>Gives the caller's own memory an address; the caller keeps it alive and in place until <see cref="Free"/>.</summary>
    /// <param name="host">The first byte.</param>
    /// <param name="byteCount">Number of bytes.</param>
    /// <param name="name">What messages call the buffer.</param>
    /// <param name="isWritten">Whether the bytes hold values already.</param>
    public DeviceBuffer Map(void* host, long byteCount, string name, bool isWritten)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        DeviceBuffer buffer = Add((byte*)host, (nuint)byteCount, name, false);
        if (isWritten)
        {
            buffer.MarkWritten(0, buffer.ByteCount);
        }

        return buffer;
    }

    /// <summary>
    /// Lets kernels reach the caller's own memory at the address that it has on the host, as CUDA does with pinned memory. It counts as
    /// written, for the emulator does not see what the host writes there.
    /// </summary>
    /// <param name="host">The first byte, in place until <see cref="Free"/>.</param>
    /// <param name="byteCount">Number of bytes.</param>
    /// <param name="name">What messages call the buffer.</param>
    public DeviceBuffer MapInPlace(void* host, long byteCount, string name)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        var buffer = new DeviceBuffer((ulong)host, (byte*)host, (nuint)byteCount, name, false);
        buffer.MarkWritten(0, buffer.ByteCount);
        lock (_lock)
        {
            _buffers.Add(buffer.Address, buffer);
            _visible = null;
        }

        return buffer;
    }

    /// <summary>The buffer that an address lies in, or null.</summary>
    public DeviceBuffer? Find(ulong address)
    {
        lock (_lock)
        {
            return At(_buffers, address);
        }
    }

    /// <summary>Ends a buffer's life; later accesses to its address are errors.</summary>
    /// <param name="buffer">A buffer of this memory.</param>
    public void Free(DeviceBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        lock (_lock)
        {
            if (_buffers.GetValueOrDefault(buffer.Address) != buffer)
            {
                throw new ArgumentException($"Buffer {buffer.Name} is not in this memory, or was freed before.", nameof(buffer));
            }

            _buffers.Remove(buffer.Address);
            _visible = null;
            _freed.Enqueue((buffer.Address, buffer.End, buffer.Name));
            if (_freed.Count > FreedRemembered)
            {
                _freed.Dequeue();
            }
        }

        buffer.Release();
    }

    /// <summary>Frees every buffer.</summary>
    public void Dispose()
    {
        foreach (DeviceBuffer buffer in Buffers)
        {
            Free(buffer);
        }

        Shadows.Dispose();
    }

    /// <summary>For messages: where an address lies that hits no buffer.</summary>
    internal string Describe(ulong address)
    {
        if (address < LowestAddress)
        {
            return $"address 0x{address:x}, a null pointer";
        }

        lock (_lock)
        {
            foreach ((ulong start, ulong end, string name) in _freed.Reverse())
            {
                if (address >= start && address < end)
                {
                    return $"byte {address - start} of buffer {name}, which was freed";
                }
            }

            DeviceBuffer? below = Visible.LastOrDefault(buffer => buffer.Address <= address);
            DeviceBuffer? above = Visible.FirstOrDefault(buffer => buffer.Address > address);
            ulong behind = below is null ? ulong.MaxValue : address - below.End;
            ulong before = above is null ? ulong.MaxValue : above.Address - address;
            return Math.Min(behind, before) > 1UL << 32 ? $"address 0x{address:x}, far from every buffer"
                : behind == 0 ? $"directly behind the end of buffer {below!.Name} ({below.ByteCount} bytes)"
                : behind <= before ? $"{behind} bytes behind the end of buffer {below!.Name} ({below.ByteCount} bytes)"
                : $"{before} bytes before the start of buffer {above!.Name}";
        }
    }

    private static DeviceBuffer? At(SortedList<ulong, DeviceBuffer> buffers, ulong address)
    {
        int above = FirstAbove(buffers, address);
        return above > 0 && buffers.GetValueAtIndex(above - 1) is var buffer && address < buffer.End ? buffer : null;
    }

    // Index of the first buffer that begins above an address.
    private static int FirstAbove(SortedList<ulong, DeviceBuffer> buffers, ulong address)
    {
        int low = 0;
        int high = buffers.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (buffers.GetKeyAtIndex(middle) <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private DeviceBuffer Add(byte* host, nuint byteCount, string name, bool isReadOnly)
    {
        lock (_lock)
        {
            var buffer = new DeviceBuffer(_next, host, byteCount, name, isReadOnly);
            _buffers.Add(buffer.Address, buffer);
            _next = (buffer.End + Math.Max(SmallestRedZone, byteCount) + Alignment - 1) / Alignment * Alignment;
            _visible = null;
            return buffer;
        }
    }
}
