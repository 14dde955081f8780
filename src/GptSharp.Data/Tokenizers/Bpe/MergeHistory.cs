namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// How each token comes about when its own bytes are encoded: which two tokens become it, and at which rank. From that follows, without encoding anything,
/// whether two tokens can stand beside each other in an encoded text.
/// <para>
/// Why that is enough to encode. Merging goes by rank, so what happens within a stretch of text that no merge crosses happens as if the stretch were alone.
/// Hence (1) a sequence of tokens is the encoding of its bytes exactly when each two neighbours are the encoding of theirs, (2) each prefix of a text that
/// ends where two tokens meet has one such sequence, and (3) of all pairs whose bytes together are a token, only one ever merges.
/// </para>
/// <para>It needs merges that never come before the merges of their parts. Vocabularies that were trained are so; for others there is <see cref="MergeTable"/>.</para>
/// </summary>
internal sealed class MergeHistory
{
    private const int NotMade = int.MaxValue;

    private readonly Origin[] _origins;
    private readonly PairTable _pairs;

    /// <summary>A history without merges.</summary>
    public MergeHistory(int vocabularySize, int expectedMerges)
    {
        _origins = new Origin[vocabularySize];
        Array.Fill(_origins, new Origin { Rank = NotMade });
        _pairs = new PairTable(expectedMerges);
    }

    /// <summary>Says that texts start out with a token: it is a byte.</summary>
    public void AddByte(int id) => _origins[id] = new Origin { Rank = -1 };

    /// <summary>Whether merges arrive at a token when its bytes are encoded.</summary>
    public bool Makes(int id) => _origins[id].Rank != NotMade;

    /// <summary>The two tokens that become a token.</summary>
    public (int Left, int Right) PartsOf(int id) => (_origins[id].Left, _origins[id].Right);

    /// <summary>Adds the merge that makes a token; its rank must be higher than all before.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        _origins[merged] = new Origin { Rank = rank, Left = left, Right = right };
        _pairs.Set(left, right, rank, merged);
    }

    /// <summary>Whether two tokens are the encoding of their bytes: no merge ever crosses from one to the other.</summary>
    /// <remarks>
    /// Both grow in the order of ranks. Backwards from the end, the later one of the tokens at the frontier falls into its parts, which gives every pair
    /// that ever met there. A pair merges unless one of the two is used by its own side before: at a lower rank, or at the same rank and further left.
    /// </remarks>
    public bool CanMeet(int left, int right)
    {
        int leftUsed = NotMade;
        int rightUsed = NotMade;
        while (true)
        {
            int rank = _pairs.Rank(left, right);
            if (rank < leftUsed && rank <= rightUsed)
            {
                return false;
            }

            ref readonly Origin leftOrigin = ref _origins[left];
            ref readonly Origin rightOrigin = ref _origins[right];
            if (leftOrigin.Rank > rightOrigin.Rank)
            {
                leftUsed = leftOrigin.Rank;
                left = leftOrigin.Right;
            }
            else if (rightOrigin.Rank >= 0)
            {
                rightUsed = rightOrigin.Rank;
                right = rightOrigin.Left;
            }
            else
            {
                return true;
            }
        }
    }

    private struct Origin
    {
        public int Rank;
        public int Left;
        public int Right;
    }
}
