using System.Buffers;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Encodes a piece by walking over it once: at each place the longest token that can stand behind the one before (<see cref="MergeHistory"/>), and a step
/// back where there is none. A place from which no way leads on is never entered again, because only one way leads to it. So the time is in proportion to the
/// length, whatever the piece is; merging would take n² or n log n.
/// </summary>
internal sealed class PieceEncoder
{
    private const int WordsOnStack = 8;

    // Three tokens in a number: the one before, the longest that could follow, and the one that does, which is kept with 2 added, so that 0 is nothing.
    private const int TokenBits = 21;
    private const int RememberedBits = 15;

    private readonly TokenTable _tokens;
    private readonly MergeHistory _history;
    private readonly TokenTrie _trie;

    // What followed what, for the pairs met last. Threads overwrite each other's, which loses nothing but time: an entry is one number.
    private readonly ulong[]? _remembered;

    /// <summary>An encoder.</summary>
    /// <param name="tokens">The bytes of tokens.</param>
    /// <param name="history">How they come about.</param>
    /// <param name="trie">Those that do.</param>
    /// <param name="isFinal">Whether <paramref name="history"/> and <paramref name="trie"/> are complete, so that answers can be remembered.</param>
    public PieceEncoder(TokenTable tokens, MergeHistory history, TokenTrie trie, bool isFinal)
    {
        (_tokens, _history, _trie) = (tokens, history, trie);
        _remembered = isFinal && tokens.Count < (1 << TokenBits) - 2 ? new ulong[1 << RememberedBits] : null;
    }

    /// <summary>Encodes a piece all of whose bytes are tokens.</summary>
    /// <returns>The number of tokens.</returns>
    public int Encode(ReadOnlySpan<byte> piece, Span<int> ids)
    {
        Span<ulong> deadEnds = stackalloc ulong[WordsOnStack];
        ulong[]? rented = null;
        if (piece.Length >= WordsOnStack * 64)
        {
            rented = ArrayPool<ulong>.Shared.Rent((piece.Length / 64) + 1);
            deadEnds = rented.AsSpan(0, (piece.Length / 64) + 1);
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
        while (place < piece.Length)
        {
            int token = Choose(count > 0 ? ids[count - 1] : _tokens.Count, _trie.Longest(piece, place), place, deadEnds);
            if (token >= 0)
            {
                ids[count++] = token;
                place += _tokens.LengthOf(token);
            }
            else
            {
                deadEnds[place >> 6] |= 1UL << (place & 63);
                place -= _tokens.LengthOf(ids[--count]);
            }
        }

        return count;
    }

    // The longest token, or one that it begins with, that can stand behind the one before and leads to no dead end; -1 if there is none. In which order they
    // are tried changes nothing but the time: first the one that was right the last time, because it mostly is again.
    private int Choose(int before, int longest, int place, ReadOnlySpan<ulong> deadEnds)
    {
        if (_remembered is null)
        {
            return Search(before, longest, place, deadEnds, out _);
        }

        ulong key = ((ulong)(uint)before << TokenBits) | (uint)longest;
        ref ulong remembered = ref _remembered[(key * 0x9E3779B97F4A7C15) >> (64 - RememberedBits)];
        ulong entry = Volatile.Read(ref remembered);
        if (entry >> TokenBits == key && (entry & ((1 << TokenBits) - 1)) != 0)
        {
            int last = (int)(entry & ((1 << TokenBits) - 1)) - 2;
            if (last < 0 || !IsDeadEnd(place + _tokens.LengthOf(last), deadEnds))
            {
                return last;
            }
        }

        int token = Search(before, longest, place, deadEnds, out bool meetsDeadEnds);
        if (token >= 0 || !meetsDeadEnds)
        {
            Volatile.Write(ref remembered, (key << TokenBits) | (uint)(token + 2));
        }

        return token;
    }

    private int Search(int before, int longest, int place, ReadOnlySpan<ulong> deadEnds, out bool meetsDeadEnds)
    {
        meetsDeadEnds = false;
        int token = longest;
        for (; token >= 0; token = _trie.Shorter(token))
        {
            if (IsDeadEnd(place + _tokens.LengthOf(token), deadEnds))
            {
                meetsDeadEnds = true;
            }
            else if (before == _tokens.Count || _history.CanMeet(before, token))
            {
                break;
            }
        }

        return token;
    }

    private static bool IsDeadEnd(int place, ReadOnlySpan<ulong> deadEnds) => (deadEnds[place >> 6] >> (place & 63) & 1) != 0;
}
