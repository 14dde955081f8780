using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// From two adjacent tokens to the rank of their merge and what it makes. Open addressing, and before it a bit per hash value: most pairs that are asked for do
/// not merge, and the bits that say so stay in the cache where the table would not.
/// </summary>
internal sealed class PairTable
{
    /// <summary>The rank of a pair that does not merge: later than all others.</summary>
    public const int Never = int.MaxValue;

    // Bits per entry, as a power of two: one in sixteen pairs at most is looked up in vain.
    private const int FilterBits = 3;

    private Entry[] _entries;
    private ulong[] _filter;
    private int _shift;
    private int _count;

    /// <summary>An empty table.</summary>
    /// <param name="expected">How many pairs it will hold, roughly.</param>
    public PairTable(int expected) => Allocate((int)Math.Min(1 << 27, BitOperations.RoundUpToPowerOf2((uint)expected * 2 + 16)));

    /// <summary>The rank of a pair's merge, or <see cref="Never"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rank(int left, int right) => Find(left, right, out _);

    /// <summary>The rank of a pair's merge, or <see cref="Never"/>, and the token that it makes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(int left, int right, out int merged)
    {
        ulong key = Key(left, right);
        ulong hash = Hash(key);
        ulong bit = hash >> (_shift - FilterBits);
        if ((_filter[bit >> 6] >> (int)(bit & 63) & 1) == 0)
        {
            merged = -1;
            return Never;
        }

        Entry[] entries = _entries;
        for (int slot = (int)(hash >> _shift); ; slot++)
        {
            ref readonly Entry entry = ref entries[slot & (entries.Length - 1)];
            if (entry.Key == key)
            {
                merged = entry.Merged;
                return entry.Rank;
            }

            if (entry.Key == 0)
            {
                merged = -1;
                return Never;
            }
        }
    }

    /// <summary>Sets the merge of a pair, which replaces an earlier one.</summary>
    public void Set(int left, int right, int rank, int merged)
    {
        if (_count * 2 >= _entries.Length)
        {
            Entry[] old = _entries;
            Allocate(old.Length * 2);
            foreach (Entry entry in old)
            {
                if (entry.Key != 0)
                {
                    Put(entry);
                }
            }
        }

        Put(new Entry { Key = Key(left, right), Rank = rank, Merged = merged });
    }

    private void Put(in Entry entry)
    {
        ulong hash = Hash(entry.Key);
        ulong bit = hash >> (_shift - FilterBits);
        _filter[bit >> 6] |= 1UL << (int)(bit & 63);
        int slot = (int)(hash >> _shift);
        while (_entries[slot].Key != 0 && _entries[slot].Key != entry.Key)
        {
            slot = (slot + 1) & (_entries.Length - 1);
        }

        _count += _entries[slot].Key == 0 ? 1 : 0;
        _entries[slot] = entry;
    }

    [MemberNotNull(nameof(_entries), nameof(_filter))]
    private void Allocate(int length)
    {
        _entries = new Entry[length];
        _filter = new ulong[(length << FilterBits) / 64];
        _shift = 64 - BitOperations.Log2((uint)length);
        _count = 0;
    }

    // One more than the token on the left, so that no key is zero.
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;

    private static ulong Hash(ulong key) => key * 0x9E3779B97F4A7C15;

    private struct Entry
    {
        public ulong Key;
        public int Rank;
        public int Merged;
    }
}
