using System.Buffers;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Merges as they are defined, for tokenizers whose pieces do not start as bytes (SentencePiece) and for merges in an odd order: the adjacent pair of the
/// lowest rank merges first, the leftmost of equals, until none is left. A queue of pairs and a linked list of tokens: n log n for a piece of n.
/// </summary>
public sealed class MergeTable
{
    private readonly PairTable _pairs;

    /// <summary>A table of merges, lowest rank first. Of a pair that occurs twice the later one counts.</summary>
    public MergeTable(IReadOnlyList<BpeMerge> merges)
    {
        _pairs = new PairTable(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            _pairs.Set(merges[rank].Left, merges[rank].Right, rank, merges[rank].Merged);
        }
    }

    /// <summary>Merges in place.</summary>
    /// <param name="ids">The tokens that a piece starts as.</param>
    /// <returns>How many are left, at the front.</returns>
    public int Merge(Span<int> ids)
    {
        if (ids.Length < 2)
        {
            return ids.Length;
        }

        Link[] rented = ArrayPool<Link>.Shared.Rent(ids.Length);
        Span<Link> links = rented.AsSpan(0, ids.Length);
        var queue = new MergeQueue(ids.Length);
        for (int place = 0; place < ids.Length; place++)
        {
            links[place] = new Link { Before = place - 1, Behind = place + 1 };
            Offer(ids, links, place, ref queue);
        }

        while (queue.TryTake(out int rank, out int place))
        {
            // A pair that has changed since it was queued was queued again as what it is now.
            if (links[place].Rank != rank)
            {
                continue;
            }

            ref Link link = ref links[place];
            int behind = link.Behind;
            ids[place] = link.Merged;
            links[behind].Rank = PairTable.Never;
            link.Behind = links[behind].Behind;
            if (link.Behind < ids.Length)
            {
                links[link.Behind].Before = place;
            }

            Offer(ids, links, place, ref queue);
            if (link.Before >= 0)
            {
                Offer(ids, links, link.Before, ref queue);
            }
        }

        int count = 0;
        for (int place = 0; place < ids.Length; place = links[place].Behind)
        {
            ids[count++] = ids[place];
        }

        queue.Release();
        ArrayPool<Link>.Shared.Return(rented);
        return count;
    }

    private void Offer(Span<int> ids, Span<Link> links, int place, ref MergeQueue queue)
    {
        ref Link link = ref links[place];
        link.Rank = link.Behind < ids.Length ? _pairs.Find(ids[place], ids[link.Behind], out link.Merged) : PairTable.Never;
        if (link.Rank != PairTable.Never)
        {
            queue.Add(link.Rank, place);
        }
    }

    // The pair of the token here and the one behind it.
    private struct Link
    {
        public int Before;
        public int Behind;
        public int Rank;
        public int Merged;
    }
}
