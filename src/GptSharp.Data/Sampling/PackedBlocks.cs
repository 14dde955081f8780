using GptSharp.Data.Tokens;

namespace GptSharp.Data.Sampling;

/// <summary>
/// Documents packed into blocks of T tokens by best-fit decreasing (Ding et al. 2024, "Fewer truncations improve language modeling"): the
/// longest first, each into the fullest block that still has room for all of it. Only a document longer than T is cut: its full pieces
/// are blocks of their own, and what is left of it begins a block, so that a model which sees documents apart takes it for no other's end.
/// </summary>
internal sealed class PackedBlocks
{
    private const int Sampled = 64;

    private readonly ITokenSource _source;
    private readonly int _blockLength;
    private readonly List<Piece> _pieces = [];
    private readonly List<int> _firstPieces = [];
    private readonly List<int> _lastPieces = [];
    private readonly int? _commonStart;

    public PackedBlocks(ITokenSource source, int blockLength)
    {
        (_source, _blockLength) = (source, blockLength);
        _commonStart = CommonStart(source);
        Pack();
    }

    /// <summary>Blocks.</summary>
    public int Count => _firstPieces.Count;

    /// <summary>Reads a block.</summary>
    /// <param name="block">0 ... Count - 1.</param>
    /// <param name="tokens">T tokens; zeros behind the last document.</param>
    /// <param name="targets">
    /// T targets. The last of a document is the token that begins each document, if there is one; where documents have no common
    /// beginning it is not scored, nor is what lies behind the last document.
    /// </param>
    public void Read(long block, Span<int> tokens, Span<int> targets)
    {
        int filled = 0;
        for (int index = _firstPieces[checked((int)block)]; index >= 0; index = _pieces[index].Next)
        {
            Piece piece = _pieces[index];
            _source.Read(piece.Start, tokens.Slice(filled, piece.Length));
            Span<int> following = targets.Slice(filled, piece.Length);
            _source.Read(piece.Start + 1, following[..(int)Math.Min(piece.Length, _source.Count - piece.Start - 1)]);
            if (piece.EndsDocument && (_commonStart is null || piece.Start + piece.Length == _source.Count))
            {
                following[^1] = _commonStart ?? BlockSet.IgnoredTarget;
            }

            filled += piece.Length;
        }

        tokens[filled..].Clear();
        targets[filled..].Fill(BlockSet.IgnoredTarget);
    }

    /// <summary>Where the targets of a block stand in the source.</summary>
    /// <param name="block">0 ... Count - 1.</param>
    /// <param name="places">T places; -1 behind the last document.</param>
    public void ReadPlaces(long block, Span<long> places)
    {
        int filled = 0;
        for (int index = _firstPieces[checked((int)block)]; index >= 0; index = _pieces[index].Next)
        {
            for (int i = 0; i < _pieces[index].Length; i++)
            {
                places[filled++] = _pieces[index].Start + i + 1;
            }
        }

        places[filled..].Fill(-1);
    }

    // A token that documents begin with says where the one before has ended, so it is worth learning.
    private static int? CommonStart(ITokenSource source)
    {
        IReadOnlyList<long> starts = source.DocumentStarts;
        int first = TokenAt(source, starts[0]);
        int sampled = Math.Min(Sampled, starts.Count);
        for (int i = 1; i < sampled; i++)
        {
            if (TokenAt(source, starts[(int)((long)i * starts.Count / sampled)]) != first)
            {
                return null;
            }
        }

        return starts.Count > 1 ? first : null;
    }

    private static int TokenAt(ITokenSource source, long place)
    {
        Span<int> token = stackalloc int[1];
        source.Read(place, token);
        return token[0];
    }

    private void Pack()
    {
        var rooms = new RoomTree(_blockLength);
        int[] byLength = CutLongDocuments(rooms);
        foreach (int document in byLength)
        {
            (long start, int length) = Document(document);
            if (rooms.TryTakeSmallest(length, out int block, out int room))
            {
                Append(block, new Piece(start, length, EndsDocument: true));
            }
            else
            {
                block = Open(new Piece(start, length, EndsDocument: true));
                room = _blockLength;
            }

            rooms.Add(block, room - length);
        }
    }

    // Gives the others, the longest first and those of one length in their order.
    private int[] CutLongDocuments(RoomTree rooms)
    {
        IReadOnlyList<long> starts = _source.DocumentStarts;
        var places = new int[_blockLength + 2];
        for (int document = 0; document < starts.Count; document++)
        {
            (long start, long length) = (starts[document], EndOf(document) - starts[document]);
            if (length > _blockLength)
            {
                CutLong(rooms, start, length);
            }
            else
            {
                places[_blockLength - (int)length + 1]++;
            }
        }

        for (int i = 1; i < places.Length; i++)
        {
            places[i] += places[i - 1];
        }

        var ordered = new int[places[^1]];
        for (int document = 0; document < starts.Count; document++)
        {
            long length = EndOf(document) - starts[document];
            if (length <= _blockLength)
            {
                ordered[places[_blockLength - (int)length]++] = document;
            }
        }

        return ordered;
    }

    private void CutLong(RoomTree rooms, long start, long length)
    {
        for (; length > _blockLength; start += _blockLength, length -= _blockLength)
        {
            Open(new Piece(start, _blockLength, EndsDocument: false));
        }

        int block = Open(new Piece(start, (int)length, EndsDocument: true));
        rooms.Add(block, _blockLength - (int)length);
    }

    private (long Start, int Length) Document(int document) =>
        (_source.DocumentStarts[document], (int)(EndOf(document) - _source.DocumentStarts[document]));

    private long EndOf(int document) => document + 1 < _source.DocumentStarts.Count ? _source.DocumentStarts[document + 1] : _source.Count;

    private int Open(Piece piece)
    {
        _firstPieces.Add(_pieces.Count);
        _lastPieces.Add(_pieces.Count);
        _pieces.Add(piece);
        return _firstPieces.Count - 1;
    }

    private void Append(int block, Piece piece)
    {
        int last = _lastPieces[block];
        _pieces[last] = _pieces[last] with { Next = _pieces.Count };
        _lastPieces[block] = _pieces.Count;
        _pieces.Add(piece);
    }

    private readonly record struct Piece(long Start, int Length, bool EndsDocument, int Next = -1);
}
