using System.Buffers;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Encodes a piece by walking over it once: at each place the longest token that can stand behind the one before (<see cref="MergeHistory"/>), and a step
/// back where there is none. A place from which no way leads on is never entered again, because only one way leads to it. So the time is in proportion to the
/// length, whatever the piece is; merging would take n² or n log n.
/// </summary>
internal sealed class PieceEncoder(TokenTable tokens, MergeHistory history, TokenTrie trie)
{
    private const int WordsOnStack = 8;

    /// <summary>Encodes a piece all of whose bytes are tokens.</summary>
    /// <returns>The number of tokens.</returns>
    public int Encode(ReadOnlySpan<byte> piece, Span<int> ids)
    {
        Span<ulong> deadEnds = stackalloc ulong[WordsOnStack];
        ulong[]? rented = null;
        if (piece.Length >= WordsOnStack * 64)
        {
            rented = ArrayPool<ulong>.Shared.Rent((piece.Length / 64) + 1);
            deadEnds = rented;
        }

        deadEnds.Clear();
        int count = Walk(piece, ids, deadEnds);
        if (rented is not null)
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }

        return count;
    }

    private int Walk(ReadOnlySpan<byte> piece, Span<int> ids, Span<ulong> deadEnds)
    {
        int count = 0;
        int place = 0;
        int candidate = trie.Longest(piece, 0);
        while (place < piece.Length)
        {
            while (candidate >= 0)
            {
                int end = place + tokens.LengthOf(candidate);
                if ((deadEnds[end >> 6] >> (end & 63) & 1) == 0 && (count == 0 || history.CanMeet(ids[count - 1], candidate)))
                {
                    break;
                }

                candidate = trie.Shorter(candidate);
            }

            if (candidate >= 0)
            {
                ids[count++] = candidate;
                place += tokens.LengthOf(candidate);
                candidate = place < piece.Length ? trie.Longest(piece, place) : -1;
            }
            else
            {
                deadEnds[place >> 6] |= 1UL << (place & 63);
                candidate = ids[--count];
                place -= tokens.LengthOf(candidate);
                candidate = trie.Shorter(candidate);
            }
        }

        return count;
    }
}
