using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>Byte-pair encoding of a piece as it is defined: look at all pairs, merge the first one of the lowest rank, again and again.</summary>
internal static class TextbookEncoder
{
    public static int[] ByMerges(IReadOnlyList<byte[]?> tokens, IReadOnlyList<BpeMerge> merges, byte[] piece, bool ignoresMerges)
    {
        if (ignoresMerges && Find(tokens, piece) is int whole and >= 0)
        {
            return [whole];
        }

        var ranks = new Dictionary<(int, int), int>();
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ranks[(merges[rank].Left, merges[rank].Right)] = rank;
        }

        return Merge([.. piece.Select(value => Find(tokens, [value]))], (left, right) => ranks.TryGetValue((left, right), out int rank) ? (rank, merges[rank].Merged) : (int.MaxValue, -1));
    }

    public static int[] ByRanks(IReadOnlyList<byte[]?> tokens, byte[] piece)
    {
        if (Find(tokens, piece) is int whole and >= 0)
        {
            return [whole];
        }

        return Merge([.. piece.Select(value => Find(tokens, [value]))], (left, right) =>
        {
            int merged = Find(tokens, [.. tokens[left]!, .. tokens[right]!]);
            return merged < 0 ? (int.MaxValue, -1) : (merged, merged);
        });
    }

    private static int[] Merge(List<int> ids, Func<int, int, (int Rank, int Merged)> rankOf)
    {
        while (true)
        {
            (int rank, int at, int merged) = (int.MaxValue, -1, -1);
            for (int i = 0; i + 1 < ids.Count; i++)
            {
                (int own, int token) = rankOf(ids[i], ids[i + 1]);
                if (own < rank)
                {
                    (rank, at, merged) = (own, i, token);
                }
            }

            if (at < 0)
            {
                return [.. ids];
            }

            ids[at] = merged;
            ids.RemoveAt(at + 1);
        }
    }

    private static int Find(IReadOnlyList<byte[]?> tokens, byte[] bytes)
    {
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { } own && own.AsSpan().SequenceEqual(bytes))
            {
                return id;
            }
        }

        return -1;
    }
}
