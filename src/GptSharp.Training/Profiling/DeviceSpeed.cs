using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Speed;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Training.Accounting;

namespace GptSharp.Training.Profiling;

/// <summary>What a device can do at best: what the time of an operation is compared with.</summary>
/// <param name="FlopsPerSecond">Arithmetic; null where nobody knows.</param>
/// <param name="BytesPerSecond">Memory; null where nobody knows.</param>
/// <param name="DispatchSeconds">What it takes to start an operation on all of the device and wait for its end; null where nobody knows.</param>
/// <param name="Source">Where the figures come from, for people.</param>
public sealed record DeviceSpeed(double? FlopsPerSecond, double? BytesPerSecond, double? DispatchSeconds, string Source)
{
    /// <summary>Measures a CPU, in about a second; of a GPU it knows what its vendor publishes.</summary>
    /// <param name="device">The device.</param>
    /// <param name="storage">What matrices are stored as.</param>
    public static DeviceSpeed Of(Device device, DType storage) => Of(device.Engine.Backend, storage);

    /// <inheritdoc cref="Of(Device, DType)"/>
    /// <param name="backend">What computes on the device.</param>
    /// <param name="storage">What matrices are stored as.</param>
    public static DeviceSpeed Of(IBackend backend, DType storage) => backend switch
    {
        CpuBackend cpu => new DeviceSpeed(
            DevicePeak.Of(cpu, storage).FlopsPerSecond, CpuSpeed.BytesPerSecond(cpu.ThreadCount, cpu.Path), CpuSpeed.DispatchSeconds(cpu),
            "measured here"),
        CudaBackend cuda when Accelerators.Find(cuda.Driver.Properties.Name) is { } accelerator => new DeviceSpeed(
            DevicePeak.Of(accelerator, storage).FlopsPerSecond, accelerator.Bandwidth * 1e9, DispatchSeconds: null, accelerator.Source),
        _ => new DeviceSpeed(null, null, null, "unknown"),
    };

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
