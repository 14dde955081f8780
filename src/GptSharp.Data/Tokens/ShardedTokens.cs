using System.Collections;

namespace GptSharp.Data.Tokens;

/// <summary>Several token sources one after the other, as if they were one.</summary>
public sealed class ShardedTokens : ITokenSource
{
    private readonly IReadOnlyList<ITokenSource> _shards;
    private readonly long[] _ends;

    /// <summary>Joins sources.</summary>
    /// <param name="shards">At least one; all of one vocabulary. Documents are known only if each source knows its own.</param>
    public ShardedTokens(IReadOnlyList<ITokenSource> shards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards.Count, 1);
        _shards = shards;
        _ends = new long[shards.Count];
        for (int shard = 0; shard < shards.Count; shard++)
        {
            Count += shards[shard].Count;
            _ends[shard] = Count;
        }

        DocumentStarts = shards.All(shard => shard.DocumentStarts.Count > 0) ? new Starts(this) : [];
    }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public int VocabularySize => _shards[0].VocabularySize;

    /// <inheritdoc/>
    public IReadOnlyList<long> DocumentStarts { get; }

    /// <inheritdoc/>
    public void Read(long offset, Span<int> destination)
    {
        if (offset < 0 || offset > Count - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Tokens {offset} to {offset + destination.Length - 1} were asked for, and there are {Count}.");
        }

        int shard = Array.BinarySearch(_ends, offset + 1);
        for (shard = shard < 0 ? ~shard : shard; !destination.IsEmpty; shard++)
        {
            int count = (int)Math.Min(destination.Length, _ends[shard] - offset);
            _shards[shard].Read(offset - Begin(shard), destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    private long Begin(int shard) => shard == 0 ? 0 : _ends[shard - 1];

    /// <summary>The starts of all shards, without a copy of them.</summary>
    private sealed class Starts : IReadOnlyList<long>
    {
        private readonly ShardedTokens _tokens;
        private readonly int[] _ends;

        public Starts(ShardedTokens tokens)
        {
            _tokens = tokens;
            _ends = new int[tokens._shards.Count];
            for (int shard = 0; shard < _ends.Length; shard++)
            {
                Count = checked(Count + tokens._shards[shard].DocumentStarts.Count);
                _ends[shard] = Count;
            }
        }

        public int Count { get; }

        public long this[int index]
        {
            get
            {
                int shard = Array.BinarySearch(_ends, index + 1);
                shard = shard < 0 ? ~shard : shard;
                int before = shard == 0 ? 0 : _ends[shard - 1];
                return _tokens.Begin(shard) + _tokens._shards[shard].DocumentStarts[index - before];
            }
        }

        public IEnumerator<long> GetEnumerator()
        {
            for (int shard = 0; shard < _ends.Length; shard++)
            {
                long begin = _tokens.Begin(shard);
                foreach (long start in _tokens._shards[shard].DocumentStarts)
                {
                    yield return begin + start;
                }
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
