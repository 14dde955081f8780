using System.Diagnostics;
using System.Text.Json;

namespace GptSharp.Training.Profiling;

/// <summary>Where the time of some steps went.</summary>
public sealed class ProfileReport
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Sums up.</summary>
    /// <param name="profiler">Has seen at least one step.</param>
    /// <param name="speed">What the device could do.</param>
    /// <param name="bySize">Whether calls of an operation on tensors of other shapes are an entry of their own, the shapes in its name.</param>
    public ProfileReport(Profiler profiler, DeviceSpeed speed, bool bySize = false)
    {
        Speed = speed;
        (FirstStep, LastStep) = (profiler.Steps[0].Number, profiler.Steps[^1].Number);
        int steps = profiler.Steps.Count;
        StepSeconds = profiler.Steps.Sum(step => Seconds(step.Start, step.End)) / steps;
        IEnumerable<ProfileEntry> operations =
            from span in profiler.Operations
            group span by (Name: bySize ? $"{span.Name} {span.Output} {span.Input}" : span.Name, span.IsReplay) into calls
            select new ProfileEntry(
                calls.Key.Name, calls.Key.IsReplay, IsHostWork: false, (double)calls.Count() / steps,
                calls.Sum(call => Seconds(call.Start, call.End)) / steps,
                calls.Sum(call => call.Cost.Flops) / steps, calls.Sum(call => call.Cost.Bytes) / steps, speed);
        IEnumerable<ProfileEntry> host =
            from span in profiler.Phases
            where span.IsHostWork
            group span by span.Name into calls
            select new ProfileEntry(
                calls.Key, IsReplay: false, IsHostWork: true, (double)calls.Count() / steps,
                calls.Sum(call => Seconds(call.Start, call.End)) / steps, 0, 0, speed);
        Entries = [.. operations.Concat(host).OrderByDescending(entry => entry.Seconds)];
    }

    /// <summary>The first step, from 1.</summary>
    public long FirstStep { get; }

    /// <summary>The last one.</summary>
    public long LastStep { get; }

    /// <summary>Wall-clock time of a step, on average.</summary>
    public double StepSeconds { get; }

    /// <summary>What the device could do.</summary>
    public DeviceSpeed Speed { get; }

    /// <summary>Operations and host work, the longest first.</summary>
    public IReadOnlyList<ProfileEntry> Entries { get; }

    /// <summary>Time of a step that belongs to none of the entries.</summary>
    public double UnattributedSeconds => StepSeconds - Entries.Sum(entry => entry.Seconds);

    /// <summary>The report as JSON: times in seconds, everything per step.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            first_step = FirstStep,
            last_step = LastStep,
            step_seconds = StepSeconds,
            unattributed_seconds = UnattributedSeconds,
            device = new
            {
                flops_per_second = Speed.FlopsPerSecond,
                bytes_per_second = Speed.BytesPerSecond,
                dispatch_seconds = Speed.DispatchSeconds,
                source = Speed.Source,
            },
            operations = Entries.Select(entry => new
            {
                name = entry.Name,
                recompute = entry.IsReplay,
                host = entry.IsHostWork,
                calls = entry.Calls,
                seconds = entry.Seconds,
                share_of_step = entry.Seconds / StepSeconds,
                flops = entry.Flops,
                bytes = entry.Bytes,
                share_of_peak = entry.ShareOfPeak,
                regime = entry.IsHostWork ? "host" : entry.Regime.ToString().ToLowerInvariant(),
            }),
        },
        Json) + "\n";

    internal static double Seconds(long start, long end) => Stopwatch.GetElapsedTime(start, end).TotalSeconds;
}

/// <summary>One operation or piece of host work, per step.</summary>
/// <param name="Name">What.</param>
/// <param name="IsReplay">Whether backward computes again what was not kept.</param>
/// <param name="IsHostWork">Whether it is work outside of operations.</param>
/// <param name="Calls">How often in a step.</param>
/// <param name="Seconds">All calls together.</param>
/// <param name="Flops">Floating-point operations executed.</param>
/// <param name="Bytes">Bytes that have to move at least.</param>
/// <param name="Speed">What the device could do.</param>
public sealed record ProfileEntry(
    string Name, bool IsReplay, bool IsHostWork, double Calls, double Seconds, double Flops, double Bytes, DeviceSpeed Speed)
{
    /// <summary>The least time that the device needs over the time that it took; above 1 where data came from a cache.</summary>
    public double? ShareOfPeak => IsHostWork || Seconds == 0 ? null : Speed.Floor(Flops, Bytes) / Seconds;

    /// <summary>What bounds it.</summary>
    public Regime Regime => IsHostWork ? Regime.Unknown : Speed.RegimeOf(Flops / Calls, Bytes / Calls);
}
