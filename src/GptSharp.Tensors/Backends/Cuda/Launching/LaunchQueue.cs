using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.Launching;

/// <summary>
/// Collects launches and recognises a sequence of them that came before: the second time it is captured, from then on launched as one
/// graph. Nothing of this shows in the results; the same work is done in the same order.
/// </summary>
/// <param name="driver">Where launches go.</param>
internal sealed class LaunchQueue(ICudaDriver driver) : IDisposable
{
    // Below that a graph is no cheaper than its launches.
    private const int ShortestGraph = 4;

    // A training run repeats a handful of sequences; generation makes new ones without end.
    private const int MostKnown = 32;

    // So that the device is never idle for long when the host copies nothing.
    private const int MostLaunches = 1 << 16;

    private readonly List<Known> _known = [];
    private LaunchSequence _queued = new();
    private long _flushes;

    /// <summary>True if nothing waits.</summary>
    public bool IsEmpty => _queued.Count == 0;

    /// <summary>True if it is time to <see cref="Flush"/>.</summary>
    public bool IsFull => _queued.Count >= MostLaunches;

    /// <summary>Adds a launch.</summary>
    public void Add(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters) => _queued.Add(kernel, shape, parameters);

    /// <summary>Hands all launches to the driver: as a graph, if the same ones came before.</summary>
    public void Flush()
    {
        try
        {
            if (_queued.Count < ShortestGraph)
            {
                _queued.LaunchAll(driver);
            }
            else if (Find() is { } known)
            {
                known.LastUse = ++_flushes;
                driver.Launch(known.Graph ??= Capture());
            }
            else
            {
                _queued.LaunchAll(driver);
                Remember();
            }
        }
        finally
        {
            _queued.Clear();
        }
    }

    /// <summary>Gives the graphs back.</summary>
    public void Dispose()
    {
        foreach (Known known in _known)
        {
            known.Graph?.Dispose();
        }

        _known.Clear();
    }

    private Known? Find()
    {
        foreach (Known known in _known)
        {
            if (known.Launches.IsSameAs(_queued))
            {
                return known;
            }
        }

        return null;
    }

    private ICudaGraph Capture()
    {
        driver.BeginCapture();
        try
        {
            _queued.LaunchAll(driver);
        }
        catch
        {
            driver.EndCapture().Dispose();
            throw;
        }

        return driver.EndCapture();
    }

    /// <summary>Keeps the sequence for comparison, in place of the one whose last use is longest ago.</summary>
    private void Remember()
    {
        Known place;
        if (_known.Count < MostKnown)
        {
            _known.Add(place = new Known());
        }
        else
        {
            place = _known[0];
            foreach (Known known in _known)
            {
                place = known.LastUse < place.LastUse ? known : place;
            }

            place.Graph?.Dispose();
            place.Graph = null;
        }

        (place.Launches, _queued) = (_queued, place.Launches);
        place.LastUse = ++_flushes;
    }

    private sealed class Known
    {
        public LaunchSequence Launches { get; set; } = new();

        public ICudaGraph? Graph { get; set; }

        public long LastUse { get; set; }
    }
}
