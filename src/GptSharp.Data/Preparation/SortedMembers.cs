namespace GptSharp.Data.Preparation;

/// <summary>Asks a sorted row of numbers, which is read once, whether it has each of a sorted row of others.</summary>
internal sealed class SortedMembers : IDisposable
{
    private readonly IEnumerator<long> _members;
    private bool _hasMore;

    public SortedMembers(IEnumerable<long> members)
    {
        _members = members.GetEnumerator();
        _hasMore = _members.MoveNext();
    }

    /// <summary>Whether a number, not smaller than the last one asked for, is among them.</summary>
    public bool Contains(long number)
    {
        while (_hasMore && _members.Current < number)
        {
            _hasMore = _members.MoveNext();
        }

        return _hasMore && _members.Current == number;
    }

    public void Dispose() => _members.Dispose();
}
