using System.Globalization;

namespace GptSharp.Tensors.Memory;

/// <summary>Who holds how many bytes of device memory.</summary>
public sealed record MemoryReport
{
    /// <summary>Parameter values.</summary>
    public long Parameters { get; private init; }

    /// <summary>Gradients of parameters.</summary>
    public long Gradients { get; private init; }

    /// <summary>Master weights of parameters that are stored less precisely.</summary>
    public long MasterWeights { get; private init; }

    /// <summary>Further buffers over all parameters: the optimizer's moments.</summary>
    public long OptimizerStates { get; private init; }

    /// <summary>Caches, constants and kept tensors.</summary>
    public long Sessions { get; private init; }

    /// <summary>Copies of models that are being saved; 0 where the host's memory, which has them, is not the device's.</summary>
    public long Snapshots { get; private init; }

    /// <summary>Memory of steps: activations and their gradients.</summary>
    public long Steps { get; private init; }

    /// <summary>The most that the buffers of one step used at once.</summary>
    public long StepPeak { get; private init; }

    /// <summary>Scratch memory of the backend.</summary>
    public long Workspace { get; private init; }

    /// <summary>
    /// Bytes of activations per operation that wrote them, at the start of the last backward pass; empty unless
    /// <see cref="EngineOptions.TrackActivations"/> is set.
    /// </summary>
    public IReadOnlyDictionary<string, long> ActivationsByOperation { get; private init; } =
        new Dictionary<string, long>();

    /// <summary>Bytes per operation that wrote them, of the buffers of open steps that are live now.</summary>
    public IReadOnlyDictionary<string, long> LiveByOperation { get; private init; } = new Dictionary<string, long>();

    /// <summary>Everything together.</summary>
    public long Total => Parameters + Gradients + MasterWeights + OptimizerStates + Sessions + Snapshots + Steps + Workspace;

    internal static MemoryReport Of(IReadOnlyList<Arena> arenas, IBackend backend)
    {
        List<ModelArena> models = [.. arenas.OfType<ModelArena>()];
        List<StepArena> steps = [.. arenas.OfType<StepArena>()];
        long parameters = models.Sum(model => model.Values?.Flat.Bytes ?? 0);
        long gradients = models.Sum(model => model.Gradients?.Flat.Bytes ?? 0);
        long masterWeights = models.Sum(model => model.MasterWeights?.Flat.Bytes ?? 0);
        SortedDictionary<string, long> live = new(StringComparer.Ordinal);
        steps.ForEach(step => step.CountByOperation(live));
        StepArena? tracked = steps.Find(step => step.ActivationsByOperation.Count > 0);
        return new MemoryReport
        {
            Parameters = parameters,
            Gradients = gradients,
            MasterWeights = masterWeights,
            OptimizerStates = models.Sum(model => model.Bytes) - parameters - gradients - masterWeights,
            Sessions = arenas.OfType<SessionArena>().Sum(session => session.Bytes),
            Snapshots = backend.FreeBytes is not null ? 0 : arenas.OfType<SnapshotArena>().Sum(snapshot => snapshot.Bytes),
            Steps = steps.Sum(step => step.Bytes),
            StepPeak = steps.Select(step => step.PeakBytes).DefaultIfEmpty().Max(),
            Workspace = backend.WorkspaceBytes,
            ActivationsByOperation = tracked?.ActivationsByOperation ?? new Dictionary<string, long>(),
            LiveByOperation = live,
        };
    }

    /// <summary>Who holds what, in one clause: the kinds that hold something, and of the activations the three largest operations.</summary>
    public override string ToString()
    {
        (string Name, long Bytes)[] kinds =
        [
            ("parameters", Parameters), ("gradients", Gradients), ("master weights", MasterWeights), ("moments", OptimizerStates),
            ("caches and constants", Sessions), ("snapshots", Snapshots), ("activations", Steps), ("workspace", Workspace),
        ];
        string held = string.Join(", ", kinds.Where(kind => kind.Bytes > 0).Select(kind => $"{kind.Name} {Text(kind.Bytes)}"));
        string most = string.Join(", ", LiveByOperation
            .OrderByDescending(entry => entry.Value).Take(3).Select(entry => $"{entry.Key} {Text(entry.Value)}"));
        return held.Length == 0 ? "nothing" : most.Length == 0 ? held : $"{held} (live activations: {most})";
    }

    private static string Text(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:#,0.0} MiB");
}
