namespace GptSharp.Data.Tokenizers.Bpe;

// How a model comes about from what tokenizer files hold.
public sealed partial class BpeModel
{
    private BpeModel(
        IReadOnlyList<byte[]?> tokens, TokenTable table, IReadOnlyList<BpeMerge> merges, SplitPattern pattern, bool ignoresMerges, MergeHistory? history)
    {
        Pattern = pattern;
        IgnoresMerges = ignoresMerges;
        Merges = merges;
        _tokens = table;
        _byteTokens = ByteTokens(table);
        _hasAllBytes = Array.TrueForAll(_byteTokens, id => id >= 0);
        if (history is null)
        {
            _merges = new MergeTable(merges);
            _whole = ignoresMerges ? table : new TokenTable([]);
            return;
        }

        var trie = new TokenTrie(tokens.Count);
        bool allMade = true;
        for (int id = 0; id < tokens.Count; id++)
        {
            if (history.Makes(id))
            {
                trie.Add(id, tokens[id]);
            }
            else
            {
                allMade &= tokens[id] is null;
            }
        }

        _pieces = new PieceEncoder(table, history, trie, isFinal: true);
        _whole = ignoresMerges || allMade ? table : new TokenTable([.. tokens.Select((bytes, id) => history.Makes(id) ? bytes : null)]);
    }

    /// <summary>A model of explicit merges, as tokenizer.json and merges.txt have them.</summary>
    /// <param name="tokens">The bytes of each token; null where an id belongs to nobody or to a special token.</param>
    /// <param name="merges">The merges, lowest rank first. Of a pair that occurs twice the later one counts, as in the tokenizers library.</param>
    /// <param name="pattern">How text is cut.</param>
    /// <param name="ignoresMerges">Whether a piece that is a token is taken whole, even where the merges would not arrive at it.</param>
    /// <exception cref="ArgumentException">Two tokens have the same bytes, a token is empty, or a merge names tokens that do not exist or whose bytes do not add up.</exception>
    public static BpeModel FromMerges(IReadOnlyList<byte[]?> tokens, IReadOnlyList<BpeMerge> merges, SplitPattern pattern, bool ignoresMerges = false)
    {
        var table = new TokenTable(tokens);
        Check(tokens, merges);
        return new BpeModel(tokens, table, merges, pattern, ignoresMerges, HistoryOf(tokens, merges));
    }

    /// <summary>
    /// A model of ranks alone, as tiktoken has them: two adjacent tokens merge when their bytes together are a token, the one of the lowest id first; a
    /// piece that is a token is taken whole.
    /// </summary>
    /// <param name="tokens">The bytes of each token; its id is its rank. Null where an id is not used.</param>
    /// <param name="pattern">How text is cut.</param>
    /// <exception cref="ArgumentException">Two tokens have the same bytes, or a token is empty.</exception>
    public static BpeModel FromRanks(IReadOnlyList<byte[]?> tokens, SplitPattern pattern)
    {
        var table = new TokenTable(tokens);
        var history = new MergeHistory(tokens.Count, tokens.Count);
        var trie = new TokenTrie(tokens.Count);
        var pieces = new PieceEncoder(table, history, trie, isFinal: false);
        int[] byteTokens = ByteTokens(table);
        foreach (int id in byteTokens.Where(id => id >= 0))
        {
            history.AddByte(id);
            trie.Add(id, tokens[id]);
        }

        // A token is made of the two that its bytes become by the merges before it.
        var merges = new List<BpeMerge>(tokens.Count);
        var left = new List<int>();
        int[] ids = new int[tokens.Max(bytes => bytes?.Length) ?? 0];
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is not { Length: > 1 } bytes || !Array.TrueForAll(bytes, value => byteTokens[value] >= 0))
            {
                continue;
            }

            if (pieces.Encode(bytes, ids) == 2)
            {
                merges.Add(new BpeMerge(ids[0], ids[1], id));
                history.Add(ids[0], ids[1], id, id);
                trie.Add(id, bytes);
            }
            else
            {
                left.Add(id);
            }
        }

        // What is left is never made, unless by merges of higher ranks.
        bool inOrder = left.TrueForAll(id => pieces.Encode(tokens[id], ids) != 2);
        return inOrder
            ? new BpeModel(tokens, table, merges, pattern, ignoresMerges: true, history)
            : new BpeModel(tokens, table, AllMerges(tokens, table), pattern, ignoresMerges: true, history: null);
    }

    // Null where a merge comes before the merges of its parts.
    private static MergeHistory? HistoryOf(IReadOnlyList<byte[]?> tokens, IReadOnlyList<BpeMerge> merges)
    {
        var history = new MergeHistory(tokens.Count, merges.Count);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { Length: 1 })
            {
                history.AddByte(id);
            }
        }

        var ranks = new PairTable(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ranks.Set(merges[rank].Left, merges[rank].Right, rank, merges[rank].Merged);
        }

        var early = new List<BpeMerge>();
        for (int rank = 0; rank < merges.Count; rank++)
        {
            BpeMerge merge = merges[rank];
            if (ranks.Rank(merge.Left, merge.Right) != rank)
            {
                continue;
            }

            if (!history.Makes(merge.Left) || !history.Makes(merge.Right))
            {
                early.Add(merge);
            }
            else if (!history.Makes(merge.Merged) && history.CanMeet(merge.Left, merge.Right))
            {
                history.Add(merge.Left, merge.Right, rank, merge.Merged);
            }
        }

        bool inOrder = early.TrueForAll(merge => history.Makes(merge.Merged) || !history.Makes(merge.Left) || !history.Makes(merge.Right));
        return inOrder ? history : null;
    }

    private static void Check(IReadOnlyList<byte[]?> tokens, IReadOnlyList<BpeMerge> merges)
    {
        for (int rank = 0; rank < merges.Count; rank++)
        {
            BpeMerge merge = merges[rank];
            byte[]? left = At(merge.Left);
            byte[]? right = At(merge.Right);
            byte[]? merged = At(merge.Merged);
            if (left is null || right is null || merged is null)
            {
                throw new ArgumentException($"Merge {rank} ({merge.Left}, {merge.Right} to {merge.Merged}) names a token that does not exist.", nameof(merges));
            }

            if (merged.Length != left.Length + right.Length || !merged.AsSpan().StartsWith(left) || !merged.AsSpan().EndsWith(right))
            {
                throw new ArgumentException($"Merge {rank} ({merge.Left}, {merge.Right} to {merge.Merged}) makes a token whose bytes are not those of its parts.", nameof(merges));
            }
        }

        byte[]? At(int id) => (uint)id < (uint)tokens.Count ? tokens[id] : null;
    }

    // All ways to cut a token in two, at the token's rank.
    private static List<BpeMerge> AllMerges(IReadOnlyList<byte[]?> tokens, TokenTable table)
    {
        var merges = new List<BpeMerge>();
        for (int id = 0; id < tokens.Count; id++)
        {
            for (int cut = 1; cut < (tokens[id]?.Length ?? 0); cut++)
            {
                int left = table.Find(tokens[id].AsSpan(0, cut), 0, cut);
                int right = left < 0 ? -1 : table.Find(tokens[id], cut, tokens[id]!.Length - cut);
                if (right >= 0)
                {
                    merges.Add(new BpeMerge(left, right, id));
                }
            }
        }

        return merges;
    }

    private static int[] ByteTokens(TokenTable table)
    {
        var ids = new int[256];
        Span<byte> one = stackalloc byte[1];
        for (int value = 0; value < ids.Length; value++)
        {
            one[0] = (byte)value;
            ids[value] = table.Find(one, 0, 1);
        }

        return ids;
    }
}
