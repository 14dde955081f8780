using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Speed;

namespace GptSharp.Training.Profiling;

/// <summary>What a device can do at best: what the time of an operation is compared with.</summary>
/// <param name="FlopsPerSecond">Arithmetic; null where nobody knows.</param>
/// <param name="BytesPerSecond">Memory; null where nobody knows.</param>
/// <param name="DispatchSeconds">What it takes to start an operation on all of the device and wait for its end; null where nobody knows.</param>
/// <param name="Source">Where the figures come from, for people.</param>
public sealed record DeviceSpeed(double? FlopsPerSecond, double? BytesPerSecond, double? DispatchSeconds, string Source)
{
    /// <summary>Measures a CPU, in about a second; knows nothing of other devices.</summary>
    public static DeviceSpeed Of(Device device) => device.Engine.Backend is CpuBackend cpu
        ? new DeviceSpeed(
            CpuSpeed.FlopsPerSecond(cpu.ThreadCount, cpu.Path), CpuSpeed.BytesPerSecond(cpu.ThreadCount, cpu.Path), CpuSpeed.DispatchSeconds(cpu),
            "measured here")
        : new DeviceSpeed(null, null, null, "unknown");

    /// <summary>The time below which an operation cannot be done, in seconds; null where nobody knows.</summary>
    public double? Floor(double flops, double bytes) => FlopsPerSecond is null || BytesPerSecond is null
        ? null
        : Math.Max(flops / FlopsPerSecond.Value, bytes / BytesPerSecond.Value);

    /// <summary>
    /// What bounds calls of an operation: arithmetic or memory, whichever takes longer at best (Williams et al. 2009, the roofline model), or
    /// the overhead of starting it, where even that takes less time than starting.
    /// </summary>
    public Regime RegimeOf(double flopsPerCall, double bytesPerCall)
    {
        if (Floor(flopsPerCall, bytesPerCall) is not { } floor)
        {
            return Regime.Unknown;
        }

        return floor < DispatchSeconds ? Regime.Overhead
            : flopsPerCall / FlopsPerSecond >= bytesPerCall / BytesPerSecond ? Regime.Compute
            : Regime.Bandwidth;
    }
}

/// <summary>What bounds an operation.</summary>
public enum Regime
{
    /// <summary>Nobody knows.</summary>
    Unknown,

    /// <summary>Arithmetic.</summary>
    Compute,

    /// <summary>Memory.</summary>
    Bandwidth,

    /// <summary>Starting it and waiting for its end.</summary>
    Overhead,
}
