namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>Memory for one operation at a time; it grows to the largest need and is then reused.</summary>
/// <param name="owner">Whose memory it counts to.</param>
internal sealed unsafe class Scratch(HostMemory owner) : IDisposable
{
    private void* _memory;
    private long _held;
    private long _reserved;

    /// <summary>Bytes held; of a dry run, those that would be.</summary>
    public long Bytes => Math.Max(_held, _reserved);

    /// <summary>At least <paramref name="count"/> elements, 64-byte aligned, with undefined values.</summary>
    /// <exception cref="OutOfDeviceMemoryException">There is not that much.</exception>
    public T* Take<T>(long count)
        where T : unmanaged
    {
        long bytes = count * sizeof(T);
        if (bytes > _held)
        {
            Dispose();
            _memory = (void*)owner.Allocate(bytes);
            _held = bytes;
        }

        return (T*)_memory;
    }

    /// <summary>Of a dry run: counts the bytes only.</summary>
    public void Reserve<T>(long count)
        where T : unmanaged => _reserved = Math.Max(_reserved, count * sizeof(T));

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_memory != null)
        {
            owner.Free((nint)_memory, _held);
            _memory = null;
            _held = 0;
        }
    }
}
