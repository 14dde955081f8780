using System.Globalization;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Speed;
using GptSharp.Tensors.Backends.Cuda;

namespace GptSharp.Training.Accounting;

/// <summary>What a device can do at best: the denominator of every share.</summary>
/// <param name="FlopsPerSecond">Floating-point operations per second; null where nobody knows.</param>
/// <param name="Source">Where the figure comes from, for people: measured, or by whom published.</param>
public sealed record DevicePeak(double? FlopsPerSecond, string Source)
{
    /// <summary>No figure, and none made up.</summary>
    public static DevicePeak Unknown { get; } = new(null, "unknown");

    /// <summary>The figure with its source: <c>408 GFLOP/s (measured here: …)</c>.</summary>
    public string Text => FlopsPerSecond is { } flops
        ? string.Create(CultureInfo.InvariantCulture, $"{Rate(flops)} ({Source})")
        : "unknown";

    /// <summary>
    /// The peak of a device for numbers that are stored in a certain way: measured, on a CPU, in a tenth of a second; published, on a GPU.
    /// </summary>
    /// <remarks>A CPU without dot products of BF16 computes in binary32 however numbers are stored.</remarks>
    /// <param name="device">The device.</param>
    /// <param name="storage">What matrices are stored as.</param>
    public static DevicePeak Of(Device device, DType storage) => Of(device.Engine.Backend, storage);

    /// <inheritdoc cref="Of(Device, DType)"/>
    /// <param name="backend">What computes on the device.</param>
    /// <param name="storage">What matrices are stored as.</param>
    public static DevicePeak Of(IBackend backend, DType storage) => Of(backend, storage, isAgain: false);

    /// <summary>
    /// The higher of this peak and what is measured now: whatever else a machine did while it was measured first made it look slow. Published
    /// and unknown peaks stay what they are.
    /// </summary>
    /// <param name="backend">What computes on the device.</param>
    /// <param name="storage">What matrices are stored as.</param>
    public DevicePeak MeasuredAgain(IBackend backend, DType storage)
    {
        try
        {
            DevicePeak now = Of(backend, storage, isAgain: true);
            return now.FlopsPerSecond > FlopsPerSecond ? now : this;
        }
        catch (OutOfMemoryException)
        {
            return this;    // no room for the threads that measure: a finished run must not fail for that
        }
    }

    /// <summary>The peak that an accelerator's vendor publishes.</summary>
    /// <param name="accelerator">The accelerator.</param>
    /// <param name="storage">What matrices are stored as.</param>
    public static DevicePeak Of(Accelerator accelerator, DType storage) => storage switch
    {
        DType.BF16 when accelerator.Bf16 is { } dense => new(dense * 1e12, $"{accelerator.Name}, dense bf16; {accelerator.Source}"),
        DType.F32 => new(accelerator.Fp32 * 1e12, $"{accelerator.Name}, fp32; {accelerator.Source}"),
        _ => Unknown,
    };

    private static DevicePeak Of(IBackend backend, DType storage, bool isAgain) => backend switch
    {
        CpuBackend { Path: SimdPath.Avx512BF16 } cpu when storage == DType.BF16 => new(
            isAgain ? CpuSpeed.DotProductFlopsPerSecondNow(cpu.ThreadCount) : CpuSpeed.DotProductFlopsPerSecond(cpu.ThreadCount),
            string.Create(CultureInfo.InvariantCulture, $"measured here: bf16 dot products in registers, {Threads(cpu.ThreadCount)}")),
        CpuBackend cpu => new(
            isAgain ? CpuSpeed.FlopsPerSecondNow(cpu.ThreadCount, cpu.Path) : CpuSpeed.FlopsPerSecond(cpu.ThreadCount, cpu.Path),
            string.Create(CultureInfo.InvariantCulture, $"measured here: fp32 multiply-adds in registers, {Threads(cpu.ThreadCount)}")),
        CudaBackend cuda when Accelerators.Find(cuda.Driver.Properties.Name) is { } accelerator => Of(accelerator, storage),
        _ => Unknown,
    };

    private static string Threads(int count) => count == 1 ? "1 thread" : $"{count} threads";

    private static string Rate(double flops) => flops < 1e12
        ? string.Create(CultureInfo.InvariantCulture, $"{flops / 1e9:0.#} GFLOP/s")
        : string.Create(CultureInfo.InvariantCulture, $"{flops / 1e12:0.#} TFLOP/s");
}
