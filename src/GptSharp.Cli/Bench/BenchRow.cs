using System.Globalization;
using GptSharp.Cli.Machine;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Cli.Bench;

/// <summary>What was measured of one case, beside what the machine allows.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Milliseconds">The median.</param>
/// <param name="FloorMilliseconds">What arithmetic or memory needs at least.</param>
/// <param name="Gflops">Billions of floating-point operations per second; null where none are counted.</param>
/// <param name="Gigabytes">10^9 bytes per second; null where none are counted.</param>
/// <param name="Limit">What it is compared with.</param>
/// <param name="Share">Share of that limit: the floor over the time.</param>
/// <param name="OtherMilliseconds">The competitor's median.</param>
/// <param name="Runs">How many runs.</param>
internal sealed record BenchRow(
    string Name, double Milliseconds, double FloorMilliseconds, double? Gflops, double? Gigabytes, string Limit, double Share,
    double? OtherMilliseconds, int Runs)
{
    /// <summary>Of a single operation or product.</summary>
    public static BenchRow Of(BenchCase entry, BenchTiming timing) =>
        Of(entry.Name, timing, entry.Flops, entry.Stream is null ? 0 : entry.Bytes, entry.Limit);

    /// <summary>Of a training step.</summary>
    public static BenchRow Of(StepShape shape, BenchTiming timing, bool inBF16) => Of(
        shape.Name, timing, shape.FlopsPerStep, 0,
        inBF16 && CpuFeatures.IsAvailable(SimdPath.Avx512BF16) ? "bf16 peak + update stream" : "fp32 peak + update stream");

    /// <summary>Of a token that is generated, for which every weight is read.</summary>
    public static BenchRow Of(GenerateWorkload workload, string name, BenchTiming timing, MeasuredLimits limits) => Of(
        name, timing with { FloorMilliseconds = workload.WeightBytes / (limits.ReadGigabytes * 1e6) }, 0, workload.WeightBytes, "read");

    /// <summary>Writes rows as a table.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<BenchRow> rows)
    {
        bool compares = rows.Any(row => row.OtherMilliseconds is not null);
        var table = new TextTable([
            "", ">ms", ">floor ms", ">x floor", ">GFLOP/s", ">GB/s", ">share", "of", .. compares ? [">other ms", ">ours/other"] : Array.Empty<string>()]);
        foreach (BenchRow row in rows)
        {
            table.Add([
                row.Name, Text(row.Milliseconds, "0.000"), Text(row.FloorMilliseconds, "0.000"), Text(row.Milliseconds / row.FloorMilliseconds, "0.00"),
                Text(row.Gflops, "0.0"), Text(row.Gigabytes, "0.0"), Text(row.Share, "0.0%"), row.Limit,
                .. compares ? [Text(row.OtherMilliseconds, "0.000"), Text(row.Milliseconds / row.OtherMilliseconds, "0.00")] : Array.Empty<string>()]);
        }

        table.Write(writer);
    }

    private static BenchRow Of(string name, BenchTiming timing, double flops, double bytes, string limit)
    {
        double seconds = timing.Milliseconds / 1e3, floor = timing.FloorMilliseconds!.Value;
        return new(
            name, timing.Milliseconds, floor, flops == 0 ? null : flops / seconds / 1e9, bytes == 0 ? null : bytes / seconds / 1e9,
            limit, floor / timing.Milliseconds, timing.OtherMilliseconds, timing.Runs);
    }

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
