namespace GptSharp.Cuda.Nvidia;

/// <summary>A mark in the device's stream, with the device's time.</summary>
internal sealed unsafe class NvidiaEvent : ICudaEvent
{
    private readonly NvidiaDriver _driver;
    private nint _handle;

    /// <summary>Creates it; it is not recorded yet.</summary>
    public NvidiaEvent(NvidiaDriver driver)
    {
        _driver = driver;
        driver.RefuseInCapture("mark");
        driver.Enter();
        nint handle;
        driver.Check(driver.Functions.EventCreate(&handle, EventKind.Timing), "cuEventCreate");
        _handle = handle;
    }

    /// <inheritdoc/>
    public void Record()
    {
        _driver.RefuseInCapture("mark");
        _driver.Enter();
        _driver.Check(_driver.Functions.EventRecord(_handle, _driver.Stream), "cuEventRecord");
    }

    /// <inheritdoc/>
    public double MillisecondsSince(ICudaEvent start)
    {
        _driver.RefuseInCapture("wait");
        _driver.Enter();
        _driver.Check(_driver.Functions.EventSynchronize(_handle), "cuEventSynchronize");
        float milliseconds;
        _driver.Check(_driver.Functions.EventElapsedTime(&milliseconds, ((NvidiaEvent)start)._handle, _handle), "cuEventElapsedTime");
        return milliseconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle != 0 && !_driver.IsDisposed)
        {
            _driver.Enter();
            _driver.Note(_driver.Functions.EventDestroy(_handle), "cuEventDestroy");
            _handle = 0;
        }
    }
}
