using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Speed;

namespace GptSharp.Benchmarks.Machine;

/// <summary>What a number of threads of this machine can do at best, measured now: what results are compared with.</summary>
/// <param name="Threads">How many threads.</param>
/// <param name="GigaflopsPerSecond">Fused multiply-adds in registers, two operations each.</param>
/// <param name="GigabytesPerSecond">Triad over memory: two reads and one write, all counted.</param>
internal sealed record MachineLimits(int Threads, double GigaflopsPerSecond, double GigabytesPerSecond)
{
    private const int Repetitions = 7;
    private const int FmaRounds = 20_000_000;

    /// <summary>Measures, in about two seconds.</summary>
    public static MachineLimits Measure(int threads)
    {
        SimdPath path = CpuFeatures.Select();
        return new(
            threads, CpuSpeed.MeasureArithmetic(threads, path, Repetitions, FmaRounds) / 1e9,
            CpuSpeed.MeasureBandwidth(threads, path, StreamKind.Triad, Repetitions) / 1e9);
    }

    /// <summary>The time below which these operations and bytes cannot be done, in seconds.</summary>
    public double Floor(double flops, double bytes) => Math.Max(flops / (GigaflopsPerSecond * 1e9), bytes / (GigabytesPerSecond * 1e9));
}
