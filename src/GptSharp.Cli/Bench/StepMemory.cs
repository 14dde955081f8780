using System.Diagnostics;
using System.Globalization;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Cli.Bench;

/// <summary>What steps take of memory once they have found their pace, and how large the process became.</summary>
/// <param name="Name">The workload.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="FirstStep">The step after which counting began, from 1.</param>
/// <param name="LastStep">The last step counted.</param>
/// <param name="ManagedBytesPerStep">Bytes that all threads allocated on the managed heap, by step.</param>
/// <param name="NativeBytesPerStep">Bytes that the engine asked the system for, by step; what it gave back in between is not taken off.</param>
/// <param name="PeakGrowthBytes">How much the most that was ever resident (VmHWM on Linux) grew meanwhile.</param>
/// <param name="PeakBytes">The most that was ever resident of the whole process.</param>
internal sealed record StepMemory(
    string Name, int Threads, long FirstStep, long LastStep, double ManagedBytesPerStep, double NativeBytesPerStep, long PeakGrowthBytes, long PeakBytes)
{
    /// <summary>Runs steps and counts.</summary>
    /// <exception cref="ConfigurationException">There is no step between the two.</exception>
    public static StepMemory Measure(StepShape shape, int threads, Precision precision, (long First, long Last) steps)
    {
        using StepWorkload workload = new(shape, threads, precision);
        Run(workload, steps.First);
        long native = 0;
        Action<long>? before = workload.Backend.BeforeAllocation;
        workload.Backend.BeforeAllocation = bytes =>
        {
            native += bytes;
            before?.Invoke(bytes);
        };
        (long peak, long managed) = (PeakResident(), GC.GetTotalAllocatedBytes(precise: true));
        Run(workload, steps.Last - steps.First);
        double count = steps.Last - steps.First;
        managed = GC.GetTotalAllocatedBytes(precise: true) - managed;
        long peakNow = PeakResident();
        return new(shape.Name, threads, steps.First, steps.Last, managed / count, native / count, peakNow - peak, peakNow);
    }

    /// <summary>Reads <c>200:2000</c>.</summary>
    /// <exception cref="ConfigurationException">It is no such pair.</exception>
    public static (long First, long Last) ParseSteps(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long last)
            && first >= 1 && first < last
                ? (first, last)
                : throw new ConfigurationException(
                    $"'{text}' are no steps to count memory between; give two of them, the first at least 1, for example 200:2000.", "--memory");
    }

    /// <summary>In words.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}, {Threads} {(Threads == 1 ? "thread" : "threads")}, from step {FirstStep:#,0} to {LastStep:#,0}: {ManagedBytesPerStep:#,0} bytes of managed memory a step, {NativeBytesPerStep:#,0} of native; the most that was resident grew by {PeakGrowthBytes / 1e6:#,0.00} MB to {PeakBytes / 1e6:#,0.0} MB.");

    private static void Run(StepWorkload workload, long steps)
    {
        for (long i = 0; i < steps; i++)
        {
            workload.Run();
        }
    }

    private static long PeakResident()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
