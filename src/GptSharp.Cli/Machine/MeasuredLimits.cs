using System.Globalization;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Speed;

namespace GptSharp.Cli.Machine;

/// <summary>What this machine's processor and memory can do at best, measured in this process: the denominators of every share of a benchmark.</summary>
/// <param name="Threads">Threads that measured it.</param>
/// <param name="Fp32Gflops">Multiply-adds in registers, two operations each, in billions per second.</param>
/// <param name="Bf16Gflops">BF16 dot products in registers, in billions of operations per second; null where the processor has none.</param>
/// <param name="ReadGigabytes">Reading one array, in 10^9 bytes per second.</param>
/// <param name="TriadGigabytes">a = s a + b, reads and writes counted.</param>
/// <param name="UpdateGigabytes">Four arrays read and three of them written in place, as AdamW does.</param>
internal sealed record MeasuredLimits(
    int Threads, double Fp32Gflops, double? Bf16Gflops, double ReadGigabytes, double TriadGigabytes, double UpdateGigabytes)
{
    private const double Giga = 1e9;

    /// <summary>Measures, in about three seconds; what was measured before in this process is given again.</summary>
    public static MeasuredLimits Measure(int threads)
    {
        SimdPath path = CpuFeatures.Select();
        return new(
            threads,
            CpuSpeed.FlopsPerSecond(threads, path) / Giga,
            CpuSpeed.DotProductFlopsPerSecond(threads) / Giga,
            CpuSpeed.BytesPerSecond(threads, path, StreamKind.Read) / Giga,
            CpuSpeed.BytesPerSecond(threads, path, StreamKind.Triad) / Giga,
            CpuSpeed.BytesPerSecond(threads, path, StreamKind.Update) / Giga);
    }

    /// <summary>Reading one array at this moment, in 10^9 bytes per second.</summary>
    public static double ReadNow(int threads) =>
        CpuSpeed.BytesPerSecondNow(threads, CpuFeatures.Select(), StreamKind.Read) / Giga;

    /// <summary>
    /// The time below which a step cannot be done, at what the machine measures now: its arithmetic, and then its update at the speed of the
    /// update stream.
    /// </summary>
    /// <param name="threads">Threads.</param>
    /// <param name="flops">Floating-point operations.</param>
    /// <param name="updateBytes">Bytes that the optimizer moves.</param>
    /// <param name="inBF16">Whether they are those of BF16 dot products, where the processor has them.</param>
    /// <returns>Seconds.</returns>
    public static double StepFloor(int threads, double flops, double updateBytes, bool inBF16)
    {
        SimdPath path = CpuFeatures.Select();
        double? dots = inBF16 ? CpuSpeed.DotProductFlopsPerSecondNow(threads) : null;
        return (flops / (dots ?? CpuSpeed.FlopsPerSecondNow(threads, path)))
            + (updateBytes / CpuSpeed.BytesPerSecondNow(threads, path, StreamKind.Update));
    }

    /// <summary>Writes a table, a column for each number of threads.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<MeasuredLimits> limits)
    {
        var table = new TextTable([
            "measured now", .. limits.Select(limit => $">{limit.Threads} {(limit.Threads == 1 ? "thread" : "threads")}"), ""]);
        Row("fp32 multiply-adds", limit => limit.Fp32Gflops, "GFLOP/s");
        Row("bf16 dot products", limit => limit.Bf16Gflops, "GFLOP/s");
        Row("memory, read", limit => limit.ReadGigabytes, "GB/s");
        Row("memory, triad", limit => limit.TriadGigabytes, "GB/s");
        Row("memory, update in place", limit => limit.UpdateGigabytes, "GB/s");
        table.Write(writer);

        void Row(string name, Func<MeasuredLimits, double?> value, string unit) => table.Add([
            name, .. limits.Select(limit => value(limit)?.ToString("0.0", CultureInfo.InvariantCulture) ?? "none here"), unit]);
    }
}
