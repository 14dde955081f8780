using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors;

/// <content>The gate that all memory passes.</content>
public sealed partial class Engine
{
    private nint _dryAddress = FreeList.Alignment;
    private long _held;
    private long _mostHeld;

    /// <summary>Who holds how much memory now.</summary>
    public MemoryReport ReportMemory() => MemoryReport.Of(_arenas, Backend);

    /// <summary>The most that all arenas held at once, and the workspace.</summary>
    public long PeakBytes => _mostHeld + Backend.WorkspaceBytes
        + (Options.IsDryRun ? _arenas.OfType<StepArena>().Sum(arena => arena.Bytes) : 0);

    /// <summary>
    /// Gives the memory of all steps back and takes one piece of memory for the steps to come: what <see cref="MemoryReport.Steps"/> said
    /// after a dry run of the same work. Without it steps take chunks as they need them, and waste some.
    /// </summary>
    /// <param name="bytes">Bytes of the longest step; 0 to give back only.</param>
    /// <exception cref="TensorException">A step is open.</exception>
    /// <exception cref="OutOfDeviceMemoryException">There is not that much.</exception>
    public void ReserveSteps(long bytes)
    {
        if (_openSteps.Count > 0)
        {
            throw new TensorException("The memory of steps was to be reserved while a step is open; end the step first.");
        }

        if (Options.IsDryRun)
        {
            return;
        }

        if (_idleSteps.Count == 0)
        {
            BeginStep(StepOptions.Evaluate).Dispose();
        }

        foreach (Step step in _idleSteps)
        {
            step.Arena.Reserve(0);
        }

        _idleSteps.Peek().Arena.Reserve(bytes);
    }

    internal nint Allocate(long bytes)
    {
        nint address;
        if (Options.IsDryRun)
        {
            address = _dryAddress;
            _dryAddress += (nint)FreeList.Round(bytes);
        }
        else
        {
            address = Report(() => Backend.Allocate(bytes));
        }

        Hold(bytes);
        return address;
    }

    internal void Free(nint address, long bytes)
    {
        Hold(-bytes);
        if (!Options.IsDryRun)
        {
            Backend.Free(address, bytes);
        }
    }

    /// <summary>Memory of the host; it counts where the device has none of its own.</summary>
    internal nint AllocateHost(long bytes)
    {
        nint address = Options.IsDryRun ? FreeList.Alignment : Report(() => Backend.AllocateHost(bytes));
        Hold(Backend.FreeBytes is null ? bytes : 0);
        return address;
    }

    internal void FreeHost(nint address, long bytes)
    {
        Hold(Backend.FreeBytes is null ? -bytes : 0);
        if (!Options.IsDryRun)
        {
            Backend.FreeHost(address, bytes);
        }
    }

    internal void Fill(Tensor tensor, double value)
    {
        if (!Options.IsDryRun)
        {
            Backend.Fill(tensor, value);
        }
    }

    internal void Upload(nint destination, ReadOnlySpan<byte> source)
    {
        if (!Options.IsDryRun)
        {
            Backend.Upload(destination, source);
        }
    }

    internal void Download(Span<byte> destination, nint source)
    {
        if (Options.IsDryRun)
        {
            destination.Clear();
        }
        else
        {
            Backend.Download(destination, source);
        }
    }

    private void Hold(long bytes)
    {
        _held += bytes;
        _mostHeld = Math.Max(_mostHeld, _held);
    }

    // A backend that refuses does not know who holds what.
    private nint Report(Func<nint> allocate)
    {
        try
        {
            return allocate();
        }
        catch (OutOfDeviceMemoryException refused) when (refused.Report is null)
        {
            throw new OutOfDeviceMemoryException(refused.Requested, refused.Limit, ReportMemory(), refused);
        }
    }

    // Asked by the backend before every allocation, its own scratch memory included.
    private void Admit(long bytes)
    {
        if (_held + Backend.WorkspaceBytes + bytes > Options.MemoryLimit)
        {
            throw new OutOfDeviceMemoryException(bytes, Options.MemoryLimit, ReportMemory());
        }
    }
}
