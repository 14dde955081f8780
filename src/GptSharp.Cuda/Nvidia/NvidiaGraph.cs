namespace GptSharp.Cuda.Nvidia;

/// <summary>Captured launches, ready to be launched as one.</summary>
internal sealed unsafe class NvidiaGraph(NvidiaDriver driver, nint handle, List<(CudaKernel Kernel, LaunchShape Shape)> launches) : ICudaGraph
{
    private bool _isDisposed;

    /// <summary>The driver that captured it.</summary>
    public NvidiaDriver Driver => driver;

    /// <summary>The driver's handle.</summary>
    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    public int LaunchCount => launches.Count;

    /// <summary>Tells an observer of its launches.</summary>
    public void Tell(Action<KernelLaunch>? observer)
    {
        if (observer is not null)
        {
            launches.ForEach(launch => observer(new KernelLaunch(launch.Kernel, launch.Shape, null)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed && !driver.IsDisposed)
        {
            _isDisposed = true;
            driver.Enter();
            driver.Note(driver.Functions.GraphExecDestroy(handle), "cuGraphExecDestroy");
        }
    }
}
