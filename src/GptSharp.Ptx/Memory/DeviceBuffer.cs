using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Memory;

/// <summary>
/// A buffer in the emulated GPU's memory. Its address never changes and is never given to another buffer, so a stale pointer is
/// found out.
/// </summary>
public sealed unsafe class DeviceBuffer
{
    private const int HostAlignment = 64;

    private readonly bool _ownsBytes;
    private byte* _written;

    internal DeviceBuffer(ulong address, byte* host, nuint byteCount, string name, bool isReadOnly)
    {
        _ownsBytes = host is null;
        (Address, ByteCount, Name, IsReadOnly) = (address, byteCount, name, isReadOnly);
        Host = _ownsBytes ? (byte*)NativeMemory.AlignedAlloc(Math.Max(byteCount, 1), HostAlignment) : host;
        _written = (byte*)NativeMemory.AllocZeroed(Math.Max(byteCount, 1));
    }

    /// <summary>Address of the first byte, as kernels see it.</summary>
    public ulong Address { get; }

    /// <summary>Number of bytes.</summary>
    public nuint ByteCount { get; }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Whether kernels may only read it, as constant memory.</summary>
    public bool IsReadOnly { get; }

    /// <summary>The bytes. Writing through this span does not mark them as written; <see cref="Write{T}"/> does.</summary>
    public Span<byte> Bytes => new(Host, checked((int)ByteCount));

    internal byte* Host { get; private set; }

    /// <summary>One byte per byte of the buffer: 0xff once something wrote it.</summary>
    internal byte* Written => _written;

    /// <summary>First address behind the buffer.</summary>
    internal ulong End => Address + ByteCount;

    /// <summary>Copies values into the buffer and marks their bytes as written.</summary>
    /// <param name="values">The values.</param>
    /// <param name="byteOffset">Where the first value goes.</param>
    public void Write<T>(ReadOnlySpan<T> values, nuint byteOffset = 0)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        bytes.CopyTo(Part(byteOffset, (nuint)bytes.Length));
        MarkWritten(byteOffset, (nuint)bytes.Length);
    }

    /// <summary>Copies the buffer out.</summary>
    /// <param name="byteOffset">Where the first value lies.</param>
    /// <param name="count">Number of values.</param>
    public T[] Read<T>(nuint byteOffset, int count)
        where T : unmanaged
    {
        var values = new T[count];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        Part(byteOffset, (nuint)bytes.Length).CopyTo(bytes);
        return values;
    }

    /// <summary>Copies bytes out.</summary>
    /// <param name="byteOffset">The first byte.</param>
    /// <param name="destination">Where they go.</param>
    public void CopyTo(nuint byteOffset, Span<byte> destination) => Part(byteOffset, (nuint)destination.Length).CopyTo(destination);

    /// <summary>Copies the whole buffer out.</summary>
    public T[] Read<T>()
        where T : unmanaged => Read<T>(0, checked((int)(ByteCount / (nuint)sizeof(T))));

    /// <summary>Declares bytes as written, for example after the host filled them.</summary>
    public void MarkWritten(nuint byteOffset, nuint byteCount)
    {
        CheckRange(byteOffset, byteCount);
        NativeMemory.Fill(_written + byteOffset, byteCount, 0xff);
    }

    /// <summary>Sets bytes and marks them as written.</summary>
    /// <param name="byteOffset">The first byte.</param>
    /// <param name="byteCount">Number of bytes.</param>
    /// <param name="value">What each becomes.</param>
    public void Fill(nuint byteOffset, nuint byteCount, byte value)
    {
        CheckRange(byteOffset, byteCount);
        NativeMemory.Fill(Host + byteOffset, byteCount, value);
        MarkWritten(byteOffset, byteCount);
    }

    /// <summary>Declares the whole buffer as never written.</summary>
    public void MarkNeverWritten() => NativeMemory.Clear(_written, ByteCount);

    /// <summary>Number of bytes that something wrote.</summary>
    public long CountWrittenBytes() => (long)ByteCount - new ReadOnlySpan<byte>(_written, checked((int)ByteCount)).Count((byte)0);

    /// <summary>The first byte of a range that nothing wrote; null if all were written.</summary>
    /// <param name="byteOffset">First byte of the range.</param>
    /// <param name="byteCount">Its bytes.</param>
    public nuint? FindNeverWritten(nuint byteOffset, nuint byteCount)
    {
        CheckRange(byteOffset, byteCount);
        int index = new ReadOnlySpan<byte>(_written + byteOffset, checked((int)byteCount)).IndexOf((byte)0);
        return index < 0 ? null : byteOffset + (nuint)index;
    }

    internal void Release()
    {
        if (Host is not null && _ownsBytes)
        {
            NativeMemory.AlignedFree(Host);
        }

        NativeMemory.Free(_written);
        Host = null;
        _written = null;
    }

    private Span<byte> Part(nuint byteOffset, nuint byteCount)
    {
        CheckRange(byteOffset, byteCount);
        return new Span<byte>(Host + byteOffset, checked((int)byteCount));
    }

    private void CheckRange(nuint byteOffset, nuint byteCount)
    {
        ObjectDisposedException.ThrowIf(Host is null, this);
        if (byteOffset > ByteCount || byteCount > ByteCount - byteOffset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(byteOffset), $"Buffer {Name} has {ByteCount} bytes; bytes {byteOffset} to {byteOffset + byteCount} were asked for.");
        }
    }
}
