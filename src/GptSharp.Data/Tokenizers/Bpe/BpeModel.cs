using System.Buffers;
using System.Text;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Byte-level byte-pair encoding: a vocabulary of byte strings, merges in order, and the pattern that cuts a text into pieces. It never changes, so any
/// number of threads may use one. It knows nothing of special tokens: whoever does cuts them out of the text first.
/// Source: Sennrich, Haddow, Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016; byte-level as in GPT-2.
/// </summary>
public sealed partial class BpeModel
{
    private readonly TokenTable _tokens;

    // The tokens that a piece may be, taken whole: one look-up, which is all that most words cost.
    private readonly TokenTable _whole;
    private readonly int[] _byteTokens;
    private readonly bool _hasAllBytes;

    // One of the two: the fast way where merges come after the merges of their parts, the plain way otherwise.
    private readonly PieceEncoder? _pieces;
    private readonly MergeTable? _merges;

    /// <summary>How text is cut.</summary>
    public SplitPattern Pattern { get; }

    /// <summary>Whether a piece that is a token is taken whole.</summary>
    public bool IgnoresMerges { get; }

    /// <summary>The highest id and one: ids are 0 ... VocabularySize - 1, not all of them used.</summary>
    public int VocabularySize => _tokens.Count;

    /// <summary>The merges in order; of a model of ranks the one merge that makes each token, in the order of their ids.</summary>
    public IReadOnlyList<BpeMerge> Merges { get; }

    /// <summary>The bytes of a token; empty for an id that is not used.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _tokens.BytesOf(id);

    /// <summary>The token that has exactly these bytes.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int id)
    {
        id = bytes.IsEmpty ? -1 : _tokens.Find(bytes, 0, bytes.Length);
        return id >= 0;
    }

    /// <summary>Encodes any bytes; text is expected in UTF-8.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="ids">Where the tokens go; as many places as there are bytes are always enough.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="UnknownCharacterException">A byte that the vocabulary lacks.</exception>
    /// <exception cref="ArgumentException">There are fewer places than bytes.</exception>
    public int Encode(ReadOnlySpan<byte> text, Span<int> ids)
    {
        if (ids.Length < text.Length)
        {
            throw new ArgumentException($"There are {ids.Length} places for the tokens of {text.Length} bytes: as many as bytes are needed.", nameof(ids));
        }

        int start = 0;
        return EncodeUntilFull(text, ref start, ids);
    }

    /// <summary>Encodes one piece: nothing is cut.</summary>
    /// <param name="piece">Its bytes.</param>
    /// <param name="ids">Where the tokens go; as many places as there are bytes are always enough.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="UnknownCharacterException">A byte that the vocabulary lacks.</exception>
    public int EncodePiece(ReadOnlySpan<byte> piece, Span<int> ids) => piece.IsEmpty ? 0 : EncodePiece(piece, 0, piece.Length, ids);

    /// <summary>Encodes any bytes; text is expected in UTF-8.</summary>
    /// <exception cref="UnknownCharacterException">A byte that the vocabulary lacks.</exception>
    public int[] Encode(ReadOnlySpan<byte> text)
    {
        // Four bytes a token are usual; where it is fewer, the list grows.
        int[] ids = ArrayPool<int>.Shared.Rent((text.Length / 3) + 16);
        int count = 0;
        int start = 0;
        while (true)
        {
            count += EncodeUntilFull(text, ref start, ids.AsSpan(count));
            if (start == text.Length)
            {
                break;
            }

            int piece = SplitPatterns.EndOfPiece(Pattern, text, start) - start;
            int[] larger = ArrayPool<int>.Shared.Rent(Math.Max(ids.Length + (ids.Length / 2), count + piece));
            ids.AsSpan(0, count).CopyTo(larger);
            ArrayPool<int>.Shared.Return(ids);
            ids = larger;
        }

        int[] result = ids.AsSpan(0, count).ToArray();
        ArrayPool<int>.Shared.Return(ids);
        return result;
    }

    /// <summary>Encodes a text; half a surrogate pair becomes U+FFFD.</summary>
    /// <exception cref="UnknownCharacterException">A character that the vocabulary lacks.</exception>
    public int[] Encode(string text)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        int length = Encoding.UTF8.GetBytes(text, bytes);
        int[] ids = Encode(bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
        return ids;
    }

    /// <summary>The bytes of tokens; an id that is not used gives U+FFFD.</summary>
    public byte[] Decode(ReadOnlySpan<int> ids)
    {
        ReadOnlySpan<byte> unknown = "\uFFFD"u8;
        int length = 0;
        foreach (int id in ids)
        {
            int own = BytesOf(id).Length;
            length = checked(length + (own > 0 ? own : unknown.Length));
        }

        var bytes = new byte[length];
        Span<byte> rest = bytes;
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> own = BytesOf(id);
            own = own.IsEmpty ? unknown : own;
            own.CopyTo(rest);
            rest = rest[own.Length..];
        }

        return bytes;
    }

    // Stops before a piece of which more tokens could come than there are places.
    private int EncodeUntilFull(ReadOnlySpan<byte> text, ref int start, Span<int> ids)
    {
        int count = 0;
        int place = start;
        while (place < text.Length)
        {
            int end = SplitPatterns.EndOfPiece(Pattern, text, place);
            if (end - place > ids.Length - count)
            {
                break;
            }

            count += EncodePiece(text, place, end - place, ids[count..]);
            place = end;
        }

        start = place;
        return count;
    }

    private int EncodePiece(ReadOnlySpan<byte> text, int start, int length, Span<int> ids)
    {
        int whole = _whole.Find(text, start, length);
        if (whole >= 0)
        {
            ids[0] = whole;
            return 1;
        }

        return EncodeByMerges(text.Slice(start, length), ids);
    }

    private int EncodeByMerges(ReadOnlySpan<byte> piece, Span<int> ids)
    {
        if (!_hasAllBytes)
        {
            foreach (byte value in piece)
            {
                if (_byteTokens[value] < 0)
                {
                    throw UnknownCharacterException.MissingByte(value);
                }
            }
        }

        if (_pieces is not null)
        {
            return _pieces.Encode(piece, ids);
        }

        for (int i = 0; i < piece.Length; i++)
        {
            ids[i] = _byteTokens[piece[i]];
        }

        return _merges!.Merge(ids[..piece.Length]);
    }
}
