namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Finds the merges of pieces that are counted. Counts and places of pairs are kept up to date, so a merge costs what it changes, not the size of the text.
/// </summary>
internal sealed class MergeLearner
{
    private readonly PieceSymbols _symbols;
    private readonly PairCounts _counts = new();
    private readonly PriorityQueue<PairOccurrences, PairOccurrences> _queue = new();
    private readonly List<int> _lengths = [];
    private readonly NeighbourChanges _before = new();
    private readonly NeighbourChanges _behind = new();

    // The places of all pairs; each pair's are together, in ascending order.
    private int[] _places;
    private int _placeCount;

    /// <summary>Learns from pieces, of which the bytes are known tokens.</summary>
    public MergeLearner(PieceCounter pieces, IReadOnlyList<int> byteTokens)
    {
        _symbols = new PieceSymbols(pieces, byteTokens);
        _places = new int[_symbols.Length];
        foreach (int id in byteTokens)
        {
            SetLength(id, 1);
        }

        QueueBytePairs(byteTokens);
    }

    /// <summary>The most frequent pair: the next to merge. It is taken out of the queue.</summary>
    /// <returns>False when none is left that occurs so often.</returns>
    public bool TryTake(long minimumFrequency, out PairOccurrences pair)
    {
        while (_queue.TryDequeue(out pair, out _))
        {
            // Counts only fall, so a pair whose count is still what it was when it was queued is the first.
            long count = _counts[pair.Left, pair.Right];
            if (count == pair.Count)
            {
                return count >= Math.Max(1, minimumFrequency);
            }

            pair = pair with { Count = count };
            if (count > 0)
            {
                _queue.Enqueue(pair, pair);
            }
        }

        return false;
    }

    /// <summary>Merges a pair wherever it occurs.</summary>
    public void Merge(PairOccurrences pair, int merged)
    {
        int length = _lengths[pair.Left] + _lengths[pair.Right];
        SetLength(merged, length);
        for (int i = pair.Start; i < pair.Start + pair.Length; i++)
        {
            int place = _places[i];
            int right = place + _lengths[pair.Left];

            // Merges since may have used up one of the two; a run of one letter does so within this very loop.
            if (_symbols.At(place) != pair.Left || _symbols.At(right) != pair.Right)
            {
                continue;
            }

            long times = _symbols.TimesAt(place);
            int end = place + length;
            int before = _symbols.Before(place);
            if (before >= 0)
            {
                _before.Add(_symbols.At(before), times, before);
            }

            int behind = _symbols.At(end);
            if (behind >= 0)
            {
                _behind.Add(behind, times, place);
            }

            _symbols.Merge(place, right, end, merged);
        }

        Count(pair, merged);
    }

    private void Count(PairOccurrences pair, int merged)
    {
        foreach (NeighbourChanges.Group group in _before.Groups)
        {
            _counts.Add(group.Token, pair.Left, -group.Times);
            _counts.Add(group.Token, merged, group.Times);
        }

        foreach (NeighbourChanges.Group group in _behind.Groups)
        {
            _counts.Add(pair.Right, group.Token, -group.Times);
            _counts.Add(merged, group.Token, group.Times);
        }

        _before.Sort();
        foreach (NeighbourChanges.Group group in _before.Groups)
        {
            Queue(group.Token, merged, _before.PlacesOf(group));
        }

        _behind.Sort();
        foreach (NeighbourChanges.Group group in _behind.Groups)
        {
            Queue(merged, group.Token, _behind.PlacesOf(group));
        }

        _before.Clear();
        _behind.Clear();
    }

    private void Queue(int left, int right, ReadOnlySpan<int> places)
    {
        long count = _counts[left, right];
        if (count == 0)
        {
            return;
        }

        if (_placeCount + places.Length > _places.Length)
        {
            MakeRoom(places.Length);
        }

        places.CopyTo(_places.AsSpan(_placeCount));
        var pair = new PairOccurrences(count, left, right, _placeCount, places.Length);
        _placeCount += places.Length;
        _queue.Enqueue(pair, pair);
    }

    // Lists of pairs that are merged leave gaps: the lists that are still needed move together.
    private void MakeRoom(int wanted)
    {
        PairOccurrences[] pairs = [.. _queue.UnorderedItems.Select(item => item.Element)];
        long needed = pairs.Sum(pair => (long)pair.Length) + wanted;
        var places = new int[(int)Math.Min(Array.MaxLength, Math.Max(needed * 2, _places.Length / 2))];
        _placeCount = 0;
        for (int i = 0; i < pairs.Length; i++)
        {
            _places.AsSpan(pairs[i].Start, pairs[i].Length).CopyTo(places.AsSpan(_placeCount));
            pairs[i] = pairs[i] with { Start = _placeCount };
            _placeCount += pairs[i].Length;
        }

        _places = places;
        _queue.Clear();
        _queue.EnqueueRange(pairs.Select(pair => (pair, pair)));
    }

    // Sorts all places by their pairs of bytes: counts them, then puts each where its pair's list is.
    private void QueueBytePairs(IReadOnlyList<int> byteTokens)
    {
        int first = byteTokens.Min();
        int size = byteTokens.Max() - first + 1;
        var counts = new long[size * size];
        var starts = new int[(size * size) + 1];
        for (int place = 1; place < _symbols.Length - 1; place++)
        {
            if (PairAt(place) is int pair and >= 0)
            {
                counts[pair] += _symbols.TimesAt(place);
                starts[pair + 1]++;
            }
        }

        for (int pair = 0; pair < counts.Length; pair++)
        {
            starts[pair + 1] += starts[pair];
            if (counts[pair] > 0)
            {
                var waiting = new PairOccurrences(
                    counts[pair], first + (pair / size), first + (pair % size), starts[pair], starts[pair + 1] - starts[pair]);
                _counts.Add(waiting.Left, waiting.Right, waiting.Count);
                _queue.Enqueue(waiting, waiting);
            }
        }

        _placeCount = starts[^1];
        for (int place = 1; place < _symbols.Length - 1; place++)
        {
            if (PairAt(place) is int pair and >= 0)
            {
                _places[starts[pair]++] = place;
            }
        }

        int PairAt(int place) => _symbols.At(place) < 0 || _symbols.At(place + 1) < 0
            ? -1
            : ((_symbols.At(place) - first) * size) + _symbols.At(place + 1) - first;
    }

    private void SetLength(int token, int length)
    {
        while (_lengths.Count <= token)
        {
            _lengths.Add(0);
        }

        _lengths[token] = length;
    }
}
