using System.Numerics;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>How often each pair of adjacent tokens occurs.</summary>
internal sealed class PairCounts
{
    private ulong[] _keys = new ulong[1 << 16];
    private long[] _counts = new long[1 << 16];
    private int _used;

    /// <summary>The count of a pair.</summary>
    public long this[int left, int right] => _counts[SlotOf(Key(left, right))];

    /// <summary>Changes the count of a pair.</summary>
    /// <returns>The new count.</returns>
    public long Add(int left, int right, long change)
    {
        ulong key = Key(left, right);
        int slot = SlotOf(key);
        if (_keys[slot] == 0)
        {
            if (++_used * 2 > _keys.Length)
            {
                Grow();
                slot = SlotOf(key);
            }

            _keys[slot] = key;
        }

        return _counts[slot] += change;
    }

    private void Grow()
    {
        (ulong[] keys, long[] counts) = (_keys, _counts);
        _keys = new ulong[keys.Length * 2];
        _counts = new long[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
            {
                int slot = SlotOf(keys[i]);
                (_keys[slot], _counts[slot]) = (keys[i], counts[i]);
            }
        }
    }

    // Where the pair is, or would be.
    private int SlotOf(ulong key)
    {
        int slot = (int)(key * 0x9E3779B97F4A7C15 >> (64 - BitOperations.Log2((uint)_keys.Length)));
        while (_keys[slot] != 0 && _keys[slot] != key)
        {
            slot = (slot + 1) & (_keys.Length - 1);
        }

        return slot;
    }

    // One more than the token on the left, so that no key is zero.
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;
}
