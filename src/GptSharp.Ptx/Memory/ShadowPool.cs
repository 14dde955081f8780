namespace GptSharp.Ptx.Memory;

/// <summary>
/// Shadows of past launches, for the next ones: fresh memory costs a page fault per page. A race shadow needs no clearing, because
/// the serials of a launch's blocks are above those of every launch before.
/// </summary>
internal sealed class ShadowPool : IDisposable
{
    private const long MostBytes = 1L << 29;

    private readonly Lock _lock = new();
    private readonly Dictionary<(nuint Bytes, int Shift, bool KnowsWrites), Stack<RaceShadow>> _races = [];
    private readonly Dictionary<(nuint Bytes, int Shift), Stack<LaunchShadow>> _launches = [];
    private long _bytes;
    private int _nextSerial = 1;
    private int _generation;

    /// <summary>Sets serials aside for a launch.</summary>
    /// <param name="blocks">Number of its blocks.</param>
    /// <returns>The first serial, and the generation to name when shadows come back.</returns>
    public (int First, int Generation) Reserve(long blocks)
    {
        lock (_lock)
        {
            if (blocks >= AccessRecord.LastSerial - _nextSerial)
            {
                // Starting over: what is here knows serials that will be used again.
                Empty();
                _nextSerial = 1;
                _generation++;
            }

            int first = _nextSerial;
            _nextSerial = (int)Math.Min(AccessRecord.LastSerial, first + blocks);
            return (first, _generation);
        }
    }

    /// <summary>Takes or creates a shadow for the races in a block.</summary>
    public RaceShadow RentRace(nuint bytes, int shift, bool knowsWrites)
    {
        lock (_lock)
        {
            if (_races.GetValueOrDefault((bytes, shift, knowsWrites)) is { Count: > 0 } free)
            {
                RaceShadow shadow = free.Pop();
                _bytes -= shadow.ByteCount;
                return shadow;
            }
        }

        return new RaceShadow(bytes, shift, knowsWrites);
    }

    /// <summary>Takes or creates a shadow for the races between blocks.</summary>
    public LaunchShadow RentLaunch(nuint bytes, int shift)
    {
        lock (_lock)
        {
            if (_launches.GetValueOrDefault((bytes, shift)) is { Count: > 0 } free)
            {
                LaunchShadow shadow = free.Pop();
                _bytes -= shadow.ByteCount;
                return shadow;
            }
        }

        return new LaunchShadow(bytes, shift);
    }

    /// <summary>Takes a shadow back.</summary>
    /// <param name="bytes">Bytes of the memory that it shadows.</param>
    /// <param name="shadow">The shadow.</param>
    /// <param name="generation">The generation of its launch.</param>
    public void Return(nuint bytes, RaceShadow shadow, int generation)
    {
        lock (_lock)
        {
            if (generation == _generation && _bytes + shadow.ByteCount <= MostBytes)
            {
                Push(_races, (bytes, shadow.Shift, shadow.KnowsWrites), shadow);
                _bytes += shadow.ByteCount;
                return;
            }
        }

        shadow.Dispose();
    }

    /// <summary>Takes a shadow back.</summary>
    /// <param name="bytes">Bytes of the memory that it shadows.</param>
    /// <param name="shadow">The shadow.</param>
    public void Return(nuint bytes, LaunchShadow shadow)
    {
        lock (_lock)
        {
            if (_bytes + shadow.ByteCount <= MostBytes)
            {
                shadow.Clear();
                Push(_launches, (bytes, shadow.Shift), shadow);
                _bytes += shadow.ByteCount;
                return;
            }
        }

        shadow.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            Empty();

            // What is still out is not taken back.
            _generation++;
        }
    }

    private static void Push<TKey, T>(Dictionary<TKey, Stack<T>> pool, TKey key, T shadow)
        where TKey : notnull
    {
        if (!pool.TryGetValue(key, out Stack<T>? free))
        {
            pool.Add(key, free = new());
        }

        free.Push(shadow);
    }

    private void Empty()
    {
        foreach (IDisposable shadow in _races.Values.SelectMany(free => free).Concat<IDisposable>(_launches.Values.SelectMany(free => free)))
        {
            shadow.Dispose();
        }

        _races.Clear();
        _launches.Clear();
        _bytes = 0;
    }
}
