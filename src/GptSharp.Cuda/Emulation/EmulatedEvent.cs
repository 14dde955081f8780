using System.Diagnostics;

namespace GptSharp.Cuda.Emulation;

/// <summary>A mark in the emulator's stream. Work is done when its call returns, so the mark is a reading of the clock.</summary>
internal sealed class EmulatedEvent(EmulatorDriver driver) : ICudaEvent
{
    private long _timestamp;

    /// <inheritdoc/>
    public void Record()
    {
        driver.RefuseInCapture("mark");
        _timestamp = Stopwatch.GetTimestamp();
    }

    /// <inheritdoc/>
    public double MillisecondsSince(ICudaEvent start) => Stopwatch.GetElapsedTime(((EmulatedEvent)start)._timestamp, _timestamp).TotalMilliseconds;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
