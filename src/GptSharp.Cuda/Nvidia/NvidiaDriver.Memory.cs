using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Cuda.Nvidia;

/// <content>Memory and copies.</content>
internal sealed unsafe partial class NvidiaDriver
{
    private readonly Dictionary<nint, long> _pinned = [];

    /// <inheritdoc/>
    public long? FreeBytes
    {
        get
        {
            Enter();
            nuint free;
            nuint total;
            Check(Functions.MemGetInfo(&free, &total), "cuMemGetInfo");
            return (long)free;
        }
    }

    /// <inheritdoc/>
    public ulong Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        RefuseInCapture("allocation");
        Enter();
        ulong address;
        CudaResult result = Functions.MemAlloc(&address, (nuint)bytes);
        if (result == CudaResult.OutOfMemory)
        {
            throw OutOfMemory(bytes, result);
        }

        Check(result, "cuMemAlloc");
        _counts = _counts with { Allocations = _counts.Allocations + 1 };
        return address;
    }

    /// <inheritdoc/>
    public void Free(ulong address)
    {
        RefuseInCapture("free");
        Enter();
        Check(Functions.StreamSynchronize(Stream), "cuStreamSynchronize");
        Check(Functions.MemFree(address), "cuMemFree");
    }

    /// <inheritdoc/>
    public nint AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        RefuseInCapture("allocation");
        Enter();
        nint address;
        CudaResult result = Functions.MemHostAlloc(&address, (nuint)bytes, HostAllocation.Portable | HostAllocation.Mapped);
        if (result == CudaResult.OutOfMemory)
        {
            throw new OutOfCudaMemoryException(bytes, $"The system did not pin {Number(bytes)} bytes of its memory for {Properties.Name}.");
        }

        Check(result, "cuMemHostAlloc");
        NativeMemory.Clear((void*)address, (nuint)bytes);
        _pinned.Add(address, bytes);
        return address;
    }

    /// <inheritdoc/>
    public void FreePinned(nint address)
    {
        RefuseInCapture("free");
        if (!_pinned.Remove(address))
        {
            throw new CudaException($"FreePinned: 0x{address:x} is no address that an allocation of pinned memory returned.");
        }

        Enter();
        Check(Functions.StreamSynchronize(Stream), "cuStreamSynchronize");
        Check(Functions.MemFreeHost(address), "cuMemFreeHost");
    }

    /// <inheritdoc/>
    public void CopyToDevice(ulong destination, ReadOnlySpan<byte> source)
    {
        RefuseInCapture("copy");
        RefuseNull("Copy to the device", destination, source.Length);
        Enter();
        _staging.CopyToDevice(destination, source);
        _counts = _counts with { CopiesToDevice = _counts.CopiesToDevice + 1, BytesToDevice = _counts.BytesToDevice + source.Length };
    }

    /// <inheritdoc/>
    public void CopyToHost(Span<byte> destination, ulong source)
    {
        RefuseInCapture("copy");
        RefuseNull("Copy to the host", source, destination.Length);
        Enter();
        if (IsPinned(destination))
        {
            nint host = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(destination));
            Check(Functions.MemcpyToHost(host, source, (nuint)destination.Length, Stream), "cuMemcpyDtoHAsync");
        }
        else
        {
            _staging.CopyToHost(destination, source);
        }

        Check(Functions.StreamSynchronize(Stream), "cuStreamSynchronize");
        _counts = _counts with { CopiesToHost = _counts.CopiesToHost + 1, BytesToHost = _counts.BytesToHost + destination.Length };
    }

    /// <inheritdoc/>
    public void Fill(ulong address, byte value, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        RefuseInCapture("fill");
        RefuseNull("Fill", address, bytes);
        Enter();
        if (bytes > 0)
        {
            Check(Functions.Memset(address, value, (nuint)bytes, Stream), "cuMemsetD8Async");
        }
    }

    private static void RefuseNull(string what, ulong address, long bytes)
    {
        if (address == 0 && bytes > 0)
        {
            throw DriverSentences.NullPointer(what, Number(bytes));
        }
    }

    // Pinned memory never moves, so its address may be taken from a span.
    private bool IsPinned(Span<byte> host)
    {
        nint start = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(host));
        foreach ((nint address, long bytes) in _pinned)
        {
            if (start >= address && start - address <= bytes - host.Length)
            {
                return true;
            }
        }

        return false;
    }

    private OutOfCudaMemoryException OutOfMemory(long bytes, CudaResult result)
    {
        nuint free;
        nuint total;
        string left = Functions.MemGetInfo(&free, &total) == CudaResult.Success
            ? $"{Number((long)free)} of {Number((long)total)} bytes are free"
            : "how many are free it does not say";
        return new OutOfCudaMemoryException(
            bytes, $"The device {Properties.Name} has no {Number(bytes)} bytes left: {left}. cuMemAlloc returned {_library.Describe(result)}");
    }
}
