namespace GptSharp.Ptx.Memory;

/// <summary>
/// The emulated GPU's global memory: buffers at addresses that are stable and never reused, with a red zone behind each that is
/// as long as the buffer and at least 1 MiB, so that an access beside a buffer hits nothing and is reported. Addresses cost nothing.
/// A program that divides a buffer itself can declare its parts (<see cref="Divide"/>), and launches are checked against these.
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
    private readonly SortedList<ulong, DeviceBuffer> _parts = [];
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

    /// <summary>What kernels can reach, by address: the parts of buffers that were divided, and all other buffers.</summary>
    internal DeviceBuffer[] Visible
    {
        get
        {
            lock (_lock)
            {
                return _visible ??= [.. _buffers.Values.SelectMany(PartsOrItself)];
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

    /// <summary>
    /// Declares a part of a buffer as a buffer of its own, never written yet. From the first part on kernels reach only the parts: what
    /// lies between them is out of bounds.
    /// </summary>
    /// <param name="address">The first byte, inside a buffer.</param>
    /// <param name="byteCount">Number of bytes; they end in the same buffer and overlap no other part.</param>
    /// <param name="name">What messages call the part.</param>
    /// <returns>The part, until <see cref="Free"/> or until its buffer is freed.</returns>
    public DeviceBuffer Divide(ulong address, long byteCount, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        lock (_lock)
        {
            if (At(_buffers, address) is not { } whole || (nuint)byteCount > whole.End - address)
            {
                throw new ArgumentException($"The part {name}, {byteCount} bytes at 0x{address:x}, lies in no buffer.", nameof(address));
            }

            int above = FirstAbove(_parts, address);
            if ((above > 0 && _parts.GetValueAtIndex(above - 1).End > address)
                || (above < _parts.Count && _parts.GetValueAtIndex(above).Address < address + (ulong)byteCount))
            {
                throw new ArgumentException($"The part {name}, {byteCount} bytes at 0x{address:x}, overlaps another part.", nameof(address));
            }

            var part = new DeviceBuffer(whole, (nuint)(address - whole.Address), (nuint)byteCount, name);
            part.MarkNeverWritten();
            whole.IsDivided = true;
            _parts.Add(address, part);
            _visible = null;
            return part;
        }
    }

    /// <summary>The buffer, not the part of one, that an address lies in, or null.</summary>
    public DeviceBuffer? Find(ulong address)
    {
        lock (_lock)
        {
            return At(_buffers, address);
        }
    }

    /// <summary>The part of a buffer that begins at an address, or null.</summary>
    public DeviceBuffer? FindPart(ulong address)
    {
        lock (_lock)
        {
            return _parts.GetValueOrDefault(address);
        }
    }

    /// <summary>Ends a buffer's or a part's life; later accesses to its address are errors.</summary>
    /// <param name="buffer">A buffer of this memory or a part of one.</param>
    public void Free(DeviceBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        lock (_lock)
        {
            SortedList<ulong, DeviceBuffer> owner = buffer.IsPart ? _parts : _buffers;
            if (owner.GetValueOrDefault(buffer.Address) != buffer)
            {
                throw new ArgumentException($"Buffer {buffer.Name} is not in this memory, or was freed before.", nameof(buffer));
            }

            owner.Remove(buffer.Address);
            if (!buffer.IsPart)
            {
                foreach (DeviceBuffer part in PartsOf(buffer).ToArray())
                {
                    _parts.Remove(part.Address);
                    part.Release();
                }
            }

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

    private IEnumerable<DeviceBuffer> PartsOf(DeviceBuffer buffer)
    {
        for (int i = FirstAbove(_parts, buffer.Address - 1); i < _parts.Count && _parts.GetKeyAtIndex(i) < buffer.End; i++)
        {
            yield return _parts.GetValueAtIndex(i);
        }
    }

    private IEnumerable<DeviceBuffer> PartsOrItself(DeviceBuffer buffer) => buffer.IsDivided ? PartsOf(buffer) : [buffer];

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
