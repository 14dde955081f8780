namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// All different pieces as tokens, in one array with a place per byte. A token stands at its first place; at its last place, if that is another one, stands minus its length,
/// so that the token before any token is found at once, and merging moves nothing.
/// </summary>
internal sealed class PieceSymbols
{
    private const int Boundary = int.MinValue;
    private const int Inside = -1;

    private readonly int[] _symbols;
    private readonly int[] _pieceOf;
    private readonly long[] _times;

    /// <summary>The pieces of more than one byte; those of one have no pairs.</summary>
    public PieceSymbols(PieceCounter pieces, IReadOnlyList<int> byteTokens)
    {
        long length = 1;
        int count = 0;
        for (int piece = 0; piece < pieces.Count; piece++)
        {
            int bytes = pieces.BytesOf(piece).Length;
            length += bytes > 1 ? bytes + 1 : 0;
            count += bytes > 1 ? 1 : 0;
        }

        if (length > Array.MaxLength)
        {
            throw new InvalidDataException("The texts have more than 2 GiB of different pieces; train on fewer texts, or on a sample of them.");
        }

        _symbols = new int[length];
        _pieceOf = new int[length];
        _times = new long[count];
        _symbols[0] = Boundary;
        int place = 1;
        int next = 0;
        for (int piece = 0; piece < pieces.Count; piece++)
        {
            ReadOnlySpan<byte> bytes = pieces.BytesOf(piece);
            if (bytes.Length < 2)
            {
                continue;
            }

            _times[next] = pieces.TimesOf(piece);
            foreach (byte value in bytes)
            {
                _pieceOf[place] = next;
                _symbols[place++] = byteTokens[value];
            }

            _symbols[place++] = Boundary;
            next++;
        }
    }

    /// <summary>The number of places.</summary>
    public int Length => _symbols.Length;

    /// <summary>The token that starts at a place; negative where none does.</summary>
    public int At(int place) => _symbols[place];

    /// <summary>How often the piece occurs that a place belongs to.</summary>
    public long TimesAt(int place) => _times[_pieceOf[place]];

    /// <summary>Where the token before a token starts, or -1 at the start of the piece.</summary>
    public int Before(int place)
    {
        int last = _symbols[place - 1];
        return last >= 0 ? place - 1 : last == Boundary ? -1 : place + last;
    }

    /// <summary>Makes one token of two.</summary>
    public void Merge(int place, int right, int end, int merged)
    {
        _symbols[right] = Inside;
        _symbols[end - 1] = place - end;
        _symbols[place] = merged;
    }
}
