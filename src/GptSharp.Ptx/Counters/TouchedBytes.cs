using System.Runtime.InteropServices;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Counters;

/// <summary>Which bytes of global memory a launch loads and stores, each counted once however often it is touched.</summary>
internal sealed unsafe class TouchedBytes : IDisposable
{
    private readonly DeviceBuffer[] _buffers;
    private readonly nint[] _loads;
    private readonly nint[] _stores;

    /// <summary>Starts with nothing touched.</summary>
    /// <param name="buffers">The buffers.</param>
    public TouchedBytes(DeviceBuffer[] buffers)
    {
        _buffers = buffers;
        _loads = [.. buffers.Select(Allocate)];
        _stores = [.. buffers.Select(Allocate)];
    }

    /// <summary>Bytes loaded at least once.</summary>
    public long LoadedBytes => Count(_loads);

    /// <summary>Bytes stored at least once.</summary>
    public long StoredBytes => Count(_stores);

    /// <summary>One byte per byte of a buffer: 1 once a load touched it.</summary>
    public byte* Loads(int buffer) => (byte*)_loads[buffer];

    /// <summary>One byte per byte of a buffer: 1 once a store touched it.</summary>
    public byte* Stores(int buffer) => (byte*)_stores[buffer];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint memory in _loads.Concat(_stores))
        {
            NativeMemory.Free((void*)memory);
        }
    }

    private long Count(nint[] maps)
    {
        long total = 0;
        for (int i = 0; i < maps.Length; i++)
        {
            for (nuint start = 0; start < _buffers[i].ByteCount; start += 1 << 30)
            {
                int length = (int)nuint.Min(1 << 30, _buffers[i].ByteCount - start);
                total += new ReadOnlySpan<byte>((byte*)maps[i] + start, length).Count((byte)1);
            }
        }

        return total;
    }

    private static nint Allocate(DeviceBuffer buffer) => (nint)NativeMemory.AllocZeroed(nuint.Max(buffer.ByteCount, 1));
}
