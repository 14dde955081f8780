using System.Runtime.InteropServices;

namespace GptSharp.Files;

/// <summary>Page-aligned memory to pass pieces of a <see cref="SequentialFile"/> through.</summary>
public sealed unsafe class AlignedBuffer : IDisposable
{
    private readonly int _length;
    private void* _memory;

    /// <summary>Takes the memory.</summary>
    /// <param name="length">Bytes.</param>
    public AlignedBuffer(int length)
    {
        _length = length;
        _memory = NativeMemory.AlignedAlloc((nuint)length, SequentialFile.Alignment);
    }

    /// <summary>All of it.</summary>
    public Span<byte> Span => _memory == null ? throw new ObjectDisposedException(nameof(AlignedBuffer)) : new Span<byte>(_memory, _length);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
