using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Backends;

/// <summary>Memory for backends whose device is the host itself.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "They implement IBackend for the derived classes.")]
public abstract unsafe class HostMemory
{
    private const nuint Alignment = 4096;

    /// <summary>None of its own.</summary>
    public long? FreeBytes => null;

    /// <summary>Told of every allocation before it happens.</summary>
    public Action<long>? BeforeAllocation { get; set; }

    /// <summary>Takes uninitialised memory.</summary>
    /// <exception cref="OutOfDeviceMemoryException">The system has not that much.</exception>
    public nint Allocate(long bytes)
    {
        BeforeAllocation?.Invoke(bytes);
        try
        {
            bool isLarge = bytes >= HugePages.Bytes;
            nint address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, isLarge ? HugePages.Bytes : Alignment);
            if (isLarge)
            {
                HugePages.Request(address, bytes);
            }

            return address;
        }
        catch (OutOfMemoryException exception)
        {
            throw new OutOfDeviceMemoryException(bytes, limit: null, report: null, exception);
        }
    }

    /// <summary>Gives memory back.</summary>
    public void Free(nint address, long bytes) => NativeMemory.AlignedFree((void*)address);

    /// <summary>The same: host and device are one.</summary>
    public nint AllocateHost(long bytes) => Allocate(bytes);

    /// <summary>Gives it back.</summary>
    public void FreeHost(nint address, long bytes) => Free(address, bytes);

    /// <summary>Every operation is done when its call returns.</summary>
    public void Synchronize()
    {
    }

    /// <summary>Copies into backend memory.</summary>
    public virtual void Upload(nint destination, ReadOnlySpan<byte> source) =>
        source.CopyTo(new Span<byte>((void*)destination, source.Length));

    /// <summary>Copies out of backend memory.</summary>
    public virtual void Download(Span<byte> destination, nint source) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);
}
