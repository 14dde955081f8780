using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>Memory for one operation at a time; it grows to the largest need and is then reused.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private void* _memory;

    /// <summary>Bytes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>At least <paramref name="count"/> elements, 64-byte aligned, with undefined values.</summary>
    public T* Take<T>(long count)
        where T : unmanaged
    {
        long bytes = count * sizeof(T);
        if (bytes > Bytes)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = NativeMemory.AlignedAlloc((nuint)bytes, 64);
            Bytes = bytes;
        }

        return (T*)_memory;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Bytes = 0;
    }
}
