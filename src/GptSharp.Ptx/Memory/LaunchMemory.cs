using GptSharp.Ptx.Counters;

namespace GptSharp.Ptx.Memory;

/// <summary>The memory of one launch: what its workers share, and what can be told only when all blocks have run.</summary>
internal sealed class LaunchMemory : IDisposable
{
    private readonly List<IObservingMemory> _workers = [];
    private readonly Lock _lock = new();

    /// <summary>Prepares a launch.</summary>
    /// <param name="device">The buffers that exist; they stay in place until the launch is over.</param>
    /// <param name="kernel">The launch.</param>
    /// <param name="checks">What to look for.</param>
    /// <param name="counters">Whether to count accesses.</param>
    /// <param name="findings">Where mistakes go.</param>
    public LaunchMemory(DeviceMemory device, KernelMemory kernel, Checks checks, bool counters, FindingSink findings)
    {
        Device = device;
        Kernel = kernel;
        Checks = checks & MemoryChecks;
        CountsAccesses = counters;
        Findings = findings;
        Buffers = device.Visible;
        Touched = counters ? new TouchedBytes(Buffers) : null;
        Granularity = Granularity.Of(kernel.Instructions);
        (FirstSerial, ShadowGeneration) = device.Shadows.Reserve(kernel.Grid.Count);
    }

    /// <summary>The checks that this room makes.</summary>
    public const Checks MemoryChecks = Checks.Initialised | Checks.Races | Checks.AsyncCopies | Checks.ReadOnly;

    /// <summary>The device.</summary>
    public DeviceMemory Device { get; }

    /// <summary>The launch.</summary>
    public KernelMemory Kernel { get; }

    /// <summary>What to look for in memory.</summary>
    public Checks Checks { get; }

    /// <summary>Whether to count accesses.</summary>
    public bool CountsAccesses { get; }

    /// <summary>Where mistakes go.</summary>
    public FindingSink Findings { get; }

    /// <summary>The buffers that the kernel can reach, by address.</summary>
    public DeviceBuffer[] Buffers { get; }

    /// <summary>Which bytes anybody touched, when accesses are counted.</summary>
    public TouchedBytes? Touched { get; }

    /// <summary>Bytes per entry of the shadows.</summary>
    public Granularity Granularity { get; }

    /// <summary>Which blocks come after which.</summary>
    public BlockOrder Order { get; } = new();

    /// <summary>Serial of the first block that a worker runs; the next ones follow.</summary>
    public int FirstSerial { get; }

    /// <summary>What to name when shadows go back to the device's pool.</summary>
    public int ShadowGeneration { get; }

    /// <summary>Creates the memory of one worker thread.</summary>
    /// <param name="worker">Its number.</param>
    public BlockMemory CreateBlockMemory(int worker)
    {
        BlockMemory memory = (Checks, CountsAccesses) switch
        {
            (Checks.None, false) => new ObservedMemory<NoObserver>(this, default),
            (Checks.None, true) => new ObservedMemory<CountingObserver>(this, new CountingObserver(new AccessCounter(Kernel))),
            (_, false) => Observed(new AccessChecker(this)),
            _ => Observed(new AccessChecker(this), new AccessCounter(Kernel)),
        };
        lock (_lock)
        {
            _workers.Add((IObservingMemory)memory);
        }

        return memory;
    }

    /// <summary>Reports what only all blocks together show, and sums up the counters.</summary>
    /// <returns>The accesses that were counted, or null.</returns>
    public AccessCounts? Complete()
    {
        if (Checks == Checks.None)
        {
            MarkTouchedAsWritten();
        }

        BlockRaces.Report(this, [.. _workers.Select(worker => worker.Checker).OfType<AccessChecker>()]);
        return CountsAccesses ? AccessCounts.Sum(Kernel, _workers.Select(worker => worker.Counter).OfType<AccessCounter>(), Touched!) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IObservingMemory worker in _workers)
        {
            ((BlockMemory)worker).Dispose();
        }

        Touched?.Dispose();
    }

    // Nobody noted what was written: a later launch with checks must not take it for never written.
    private void MarkTouchedAsWritten()
    {
        foreach (int buffer in _workers.SelectMany(worker => worker.Regions.TouchedBuffers).Select(touched => touched.Index).Distinct())
        {
            Buffers[buffer].MarkWritten(0, Buffers[buffer].ByteCount);
        }
    }

    private ObservedMemory<CheckingObserver> Observed(AccessChecker checker) => new(this, new CheckingObserver(checker));

    private ObservedMemory<BothObservers> Observed(AccessChecker checker, AccessCounter counter) => new(this, new BothObservers(checker, counter));
}
