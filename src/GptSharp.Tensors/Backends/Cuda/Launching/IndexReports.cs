namespace GptSharp.Tensors.Backends.Cuda.Launching;

/// <summary>
/// Words in pinned host memory where kernels note a wrong index, since the host does not see the indices itself. Each kind of check has
/// its own two words as long as the backend lives, so that a captured graph finds them again: (place, value) and (place, limit) of the
/// first wrong index, all ones while there is none.
/// </summary>
/// <param name="address">Room for <see cref="Bytes"/>, the same address on the host and on the device.</param>
internal sealed unsafe class IndexReports(nint address)
{
    /// <summary>Bytes of all reports.</summary>
    public const int Bytes = Capacity * ReportBytes;

    // A loss that is computed in pieces has a kind for each of them.
    private const int Capacity = 16384;
    private const int ReportBytes = 16;

    private readonly Dictionary<Check, int> _places = [];
    private readonly List<Check> _checks = [];

    /// <summary>Where a kernel notes that <paramref name="indices"/> break a rule; null if there is no room for another kind.</summary>
    /// <param name="op">The operation's name in the message.</param>
    /// <param name="indices">What the kernel checks; its shape is part of the message, or that of what it is a part of.</param>
    /// <param name="rule">What is asked of it.</param>
    public nint? AddressOf(string op, Tensor indices, IndexRule rule)
    {
        Check check = new(op, indices.Place, rule);
        if (!_places.TryGetValue(check, out int place))
        {
            if (_checks.Count == Capacity)
            {
                return null;
            }

            place = _checks.Count;
            _checks.Add(check);
            _places.Add(check, place);
            Clear(place);
        }

        return address + (place * ReportBytes);
    }

    /// <summary>Forgets all kinds; nothing may be under way that reports.</summary>
    public void Restart()
    {
        _places.Clear();
        _checks.Clear();
    }

    /// <summary>Throws what the first report says, if there is one; all work must be done.</summary>
    /// <exception cref="TensorException">A kernel met a wrong index.</exception>
    public void ThrowIfAny()
    {
        for (int place = 0; place < _checks.Count; place++)
        {
            ulong* words = WordsOf(place);
            if (Volatile.Read(ref words[0]) != ulong.MaxValue)
            {
                (uint first, int value, int limit) = ((uint)(words[0] >> 32), (int)words[0], (int)words[1]);
                Clear(place);
                throw IndexCheck.Failure(_checks[place].Rule, _checks[place].Op, _checks[place].Indices, first, value, limit);
            }
        }
    }

    private void Clear(int place) => (WordsOf(place)[0], WordsOf(place)[1]) = (ulong.MaxValue, ulong.MaxValue);

    private ulong* WordsOf(int place) => (ulong*)(address + (place * ReportBytes));

    private readonly record struct Check(string Op, (Shape Whole, long First) Indices, IndexRule Rule);
}
