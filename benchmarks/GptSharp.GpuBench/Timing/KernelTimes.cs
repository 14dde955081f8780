using System.Globalization;
using GptSharp.Cuda;
using GptSharp.GpuBench.Limits;
using GptSharp.GpuBench.Suite;
using GptSharp.GpuBench.Training;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.TestKit;

namespace GptSharp.GpuBench.Timing;

/// <summary>Times every kernel of a training step, beside the least that its operation can take on this device.</summary>
internal sealed class KernelTimes(TimingDriver driver, DeviceLimits limits) : IOpObserver
{
    private readonly Dictionary<string, OperationTime> _operations = [];

    /// <summary>Trains one step of a model, each kernel measured.</summary>
    /// <param name="open">Opens the device.</param>
    /// <param name="shape">The model.</param>
    /// <param name="limits">What the device can do.</param>
    /// <param name="isSmall">Whether one run of each kernel is enough.</param>
    /// <param name="output">Where the table goes.</param>
    public static ModelTimes Measure(Func<ICudaDriver> open, TrainingShape shape, DeviceLimits limits, bool isSmall, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var driver = new TimingDriver(open(), isSmall);
        var times = new KernelTimes(driver, limits);
        using var engine = new Engine(new CudaBackend(driver, "cuda", new CudaOptions { Graphs = false }));
        using var training = new TrainingLoop(engine, shape);
        engine.Observer = times;
        training.Measure();
        return times.Tell(shape.Name, _ => true, output);
    }

    /// <summary>Measures what no model launched, in the cases of the conformance suite, whose shapes are small.</summary>
    /// <param name="open">Opens the device.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="known">Kernels that were measured already.</param>
    /// <param name="limits">What the device can do.</param>
    /// <param name="isSmall">Whether one run of each kernel is enough.</param>
    /// <param name="output">Where the table goes.</param>
    public static ModelTimes MeasureRest(
        Func<ICudaDriver> open, IEnumerable<SuiteCase> cases, IReadOnlySet<string> known, DeviceLimits limits, bool isSmall, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var driver = new TimingDriver(open(), isSmall);
        var times = new KernelTimes(driver, limits);
        using var engine = new Engine(new CudaBackend(driver, "cuda", new CudaOptions { Graphs = false })) { Observer = times };
        foreach (SuiteCase suiteCase in cases)
        {
            OpResult.Of(engine, suiteCase.Case, suiteCase.Precision);
        }

        return times.Tell("conformance cases", operation => operation.Kernels.Any(kernel => !known.Contains(kernel.Kernel)), output);
    }

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
        double least = Math.Max(cost.ProductFlops / peak, cost.Bytes / limits.BytesPerSecond) * 1e6;
        OperationTime time = _operations.GetValueOrDefault(key)
            ?? new OperationTime(info.Name, [.. driver.Launches], 0, driver.Launches.Sum(launch => launch.Microseconds), cost.ProductFlops, cost.Bytes, least);
        _operations[key] = time with { Calls = time.Calls + 1 };
        driver.Launches.Clear();
    }

    private ModelTimes Tell(string name, Func<OperationTime, bool> isWanted, TextWriter output)
    {
        OperationTime[] operations =
            [.. _operations.Values.Where(isWanted).OrderByDescending(operation => operation.Calls * operation.Microseconds)];
        foreach (OperationTime operation in operations)
        {
            output.WriteLine(operation);
        }

        return new ModelTimes(name, operations);
    }
}

/// <summary>The operations of a model's training step.</summary>
/// <param name="Model">The model.</param>
/// <param name="Operations">Its operations, those that take longest first.</param>
internal sealed record ModelTimes(string Model, IReadOnlyList<OperationTime> Operations);

/// <summary>An operation at one shape.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Kernels">The kernels that it launches, in order.</param>
/// <param name="Calls">How often a training step calls it so.</param>
/// <param name="Microseconds">All kernels of one call together.</param>
/// <param name="Flops">Of its matrix products.</param>
/// <param name="Bytes">Bytes that have to move.</param>
/// <param name="LeastMicroseconds">The longer of: its products at the measured peak, its bytes at the measured bandwidth.</param>
internal sealed record OperationTime(
    string Operation, KernelTime[] Kernels, int Calls, double Microseconds, double Flops, double Bytes, double LeastMicroseconds)
{
    /// <summary>Share of what the device can do.</summary>
    public double ShareOfLimit => LeastMicroseconds / Microseconds;

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation,-34} {Calls,4} x {Microseconds,10:0.0} us  {100 * ShareOfLimit,5:0.0} % of the limit  {string.Join(", ", Kernels.Select(kernel => kernel.Kernel))}");
}
