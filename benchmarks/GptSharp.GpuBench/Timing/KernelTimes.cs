using GptSharp.GpuBench.Limits;
using GptSharp.Tensors;

namespace GptSharp.GpuBench.Timing;

/// <summary>Notes for every operation that an engine runs which kernels it launched and how long they take on this device.</summary>
/// <param name="driver">Measures the kernels.</param>
/// <param name="limits">What the device can do.</param>
internal sealed class KernelTimes(TimingDriver driver, DeviceLimits limits) : IOpObserver
{
    private readonly Dictionary<string, OperationTime> _operations = [];

    /// <summary>What was run so far, what takes longest in all first.</summary>
    public OperationTime[] Operations => [.. _operations.Values.OrderByDescending(operation => operation.Calls * operation.Microseconds)];

    /// <inheritdoc/>
    public void OnStarting(OpInfo info, in TensorList operands) => driver.Launches.Clear();

    /// <inheritdoc/>
    public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
    {
        if (driver.Launches.Count == 0)
        {
            return;
        }

        string key = string.Join('|', driver.Launches.Select(launch => launch.Kernel + launch.Shape).Prepend(info.Name));
        bool isNarrow = driver.Launches.Any(launch => launch.Kernel.Contains("bf16", StringComparison.Ordinal));
        double peak = (isNarrow ? limits.Bf16FlopsPerSecond : null) ?? limits.Fp32FlopsPerSecond;
        double microseconds = driver.Launches.Sum(launch => launch.Microseconds);
        OperationTime time = _operations.GetValueOrDefault(key) ?? new OperationTime(
            info.Name, [.. driver.Launches], 0, microseconds, cost.ProductFlops, cost.Bytes,
            ShareOfBandwidth: cost.Bytes / limits.BytesPerSecond / (microseconds * 1e-6),
            ShareOfPeak: cost.ProductFlops / peak / (microseconds * 1e-6));
        _operations[key] = time with { Calls = time.Calls + 1 };
        driver.Launches.Clear();
    }
}
