namespace GptSharp.Data.Sampling;

/// <summary>
/// A shuffled order of 0 ... count - 1 that needs no memory: place i is computed on its own, from the key. An eight-round Feistel
/// network permutes the smallest square of two that holds the count, and whatever falls outside is sent through again
/// ("cycle walking", Black and Rogaway 2002).
/// </summary>
public readonly struct Permutation
{
    private const int Rounds = 8;

    private readonly ulong _count;
    private readonly ulong _key;
    private readonly int _halfBits;

    /// <summary>The order that a key stands for.</summary>
    public Permutation(long count, ulong key)
    {
        _count = (ulong)count;
        _key = key;
        _halfBits = 1;
        while (_halfBits < 31 && 1UL << (2 * _halfBits) < _count)
        {
            _halfBits++;
        }
    }

    /// <summary>What stands at a place.</summary>
    /// <param name="place">0 ... count - 1.</param>
    public long this[long place]
    {
        get
        {
            ulong value = (ulong)place;
            do
            {
                value = Shuffle(value);
            }
            while (value >= _count);
            return (long)value;
        }
    }

    private ulong Shuffle(ulong value)
    {
        ulong mask = (1UL << _halfBits) - 1;
        ulong left = value >> _halfBits;
        ulong right = value & mask;
        for (uint round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (Mixing.Mix(right ^ (_key + (round * 0x9E3779B97F4A7C15))) & mask));
        }

        return (left << _halfBits) | right;
    }
}
