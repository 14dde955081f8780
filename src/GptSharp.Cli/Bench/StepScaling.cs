using System.Globalization;
using GptSharp.Tensors;

namespace GptSharp.Cli.Bench;

/// <summary>What threads are worth: a step with one beside a step with all, in turn.</summary>
/// <param name="Name">The workload.</param>
/// <param name="Threads">How many all are.</param>
/// <param name="OneThreadMilliseconds">The median with one.</param>
/// <param name="Milliseconds">The median with all.</param>
internal sealed record StepScaling(string Name, int Threads, double OneThreadMilliseconds, double Milliseconds)
{
    /// <summary>How many times as fast all are as one.</summary>
    public double Speedup => OneThreadMilliseconds / Milliseconds;

    /// <summary>Measures both in one process.</summary>
    /// <param name="shape">What is trained.</param>
    /// <param name="threads">How many threads all are.</param>
    /// <param name="precision">In which precision.</param>
    /// <param name="seconds">How long to measure each.</param>
    public static StepScaling Measure(StepShape shape, int threads, Precision precision, double seconds)
    {
        using StepWorkload one = new(shape, threads: 1, precision), all = new(shape, threads, precision);
        var timing = BenchTiming.Measure(all.Run, seconds, floor: null, () => BenchTiming.Round(one.Run, seconds));
        return new(shape.Name, threads, timing.OtherMilliseconds!.Value, timing.Milliseconds);
    }

    /// <summary>In words.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}: {OneThreadMilliseconds:0.00} ms with 1 thread, {Milliseconds:0.00} ms with {Threads}: {Speedup:0.00} times as fast.");
}
