namespace GptSharp.Data.Filters;

/// <summary>Counts how often hashes occur, in a table with open addressing that is emptied without being cleared.</summary>
internal sealed class CountingTable
{
    private ulong[] _keys = new ulong[1024];
    private int[] _counts = new int[1024];
    private int[] _generations = new int[1024];
    private int _generation;

    /// <summary>Empties the table and makes room.</summary>
    /// <param name="most">Different hashes at most.</param>
    public void Clear(int most)
    {
        if (_keys.Length < 2 * most)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(2 * most));
            (_keys, _counts, _generations, _generation) = (new ulong[size], new int[size], new int[size], 0);
        }

        _generation++;
    }

    /// <summary>Counts a hash.</summary>
    /// <returns>How often it has occurred, this time included.</returns>
    public int Add(ulong key)
    {
        int slot = Slot(key);
        if (_generations[slot] != _generation)
        {
            (_keys[slot], _counts[slot], _generations[slot]) = (key, 0, _generation);
        }

        return ++_counts[slot];
    }

    /// <summary>How often a hash has occurred.</summary>
    public int this[ulong key]
    {
        get
        {
            int slot = Slot(key);
            return _generations[slot] == _generation ? _counts[slot] : 0;
        }
    }

    private int Slot(ulong key)
    {
        int mask = _keys.Length - 1;
        int slot = (int)(key >> 20) & mask;
        while (_generations[slot] == _generation && _keys[slot] != key)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }
}
