using System.Runtime.InteropServices;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// What one merge changes on one side of the merged token, by the token that stands there: how often that pair is gone, and where the new pair is. Grouping
/// first saves a look-up of the pair's count for each occurrence.
/// </summary>
internal sealed class NeighbourChanges
{
    private readonly List<Group> _groups = [];
    private readonly List<(int Group, int Place)> _found = [];
    private int[] _groupOf = [];
    private int[] _places = [];

    /// <summary>What changed beside one token.</summary>
    public struct Group
    {
        public int Token;
        public long Times;
        public int Start;
        public int Length;
    }

    /// <summary>All tokens that stand there.</summary>
    public List<Group> Groups => _groups;

    /// <summary>The places of the new pair with a token, in the order in which they were added; after <see cref="Sort"/>.</summary>
    public ReadOnlySpan<int> PlacesOf(in Group group) => _places.AsSpan(group.Start, group.Length);

    /// <summary>Notes that a token's old pair is gone and its new one is at a place, in a piece that occurs so many times.</summary>
    public void Add(int token, long times, int place)
    {
        int index = IndexOf(token);
        ref Group group = ref CollectionsMarshal.AsSpan(_groups)[index];
        group.Times += times;
        group.Length++;
        _found.Add((index, place));
    }

    /// <summary>Puts the places of each token together.</summary>
    public void Sort()
    {
        if (_places.Length < _found.Count)
        {
            _places = new int[_found.Count * 2];
        }

        Span<Group> groups = CollectionsMarshal.AsSpan(_groups);
        int start = 0;
        foreach (ref Group group in groups)
        {
            group.Start = start;
            start += group.Length;
            group.Length = 0;
        }

        foreach ((int index, int place) in _found)
        {
            ref Group group = ref groups[index];
            _places[group.Start + group.Length++] = place;
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        foreach (Group group in _groups)
        {
            _groupOf[group.Token] = 0;
        }

        _groups.Clear();
        _found.Clear();
    }

    private int IndexOf(int token)
    {
        if (token >= _groupOf.Length)
        {
            Array.Resize(ref _groupOf, Math.Max(token + 1, _groupOf.Length * 2));
        }

        if (_groupOf[token] == 0)
        {
            _groups.Add(new Group { Token = token });
            _groupOf[token] = _groups.Count;
        }

        return _groupOf[token] - 1;
    }
}
