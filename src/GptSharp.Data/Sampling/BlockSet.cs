using GptSharp.Data.Tokens;

namespace GptSharp.Data.Sampling;

/// <summary>A source cut into blocks of T tokens, each with its T targets: the tokens that follow.</summary>
/// <remarks>
/// Blocks share no target. Stream blocks lie side by side. A document block starts at a document and holds as many following documents
/// as fit; the next one starts a block of its own, and a document longer than the block is cut. Packed blocks hold documents in another
/// order, and a block's start is then its number.
/// </remarks>
public sealed class BlockSet
{
    /// <summary>A target that is not scored: the block reaches beyond the end of the source.</summary>
    public const int IgnoredTarget = -1;

    private readonly ITokenSource _source;
    private readonly List<long> _documentBlocks = [];
    private readonly PackedBlocks? _packed;

    /// <summary>Cuts a source.</summary>
    /// <exception cref="CorpusException">The source is too short for a block and its targets, or knows no documents.</exception>
    public BlockSet(ITokenSource source, int blockLength, BlockAlignment alignment)
    {
        _source = source;
        BlockLength = blockLength;
        Alignment = alignment;
        if (alignment != BlockAlignment.Stream)
        {
            if (source.DocumentStarts.Count == 0)
            {
                throw new CorpusException("The data set does not know where its documents start; use data.alignment: stream.");
            }

            if (alignment == BlockAlignment.Pack)
            {
                _packed = new PackedBlocks(source, blockLength);
            }
            else
            {
                FindDocumentBlocks();
            }

            if (Count == 0 || source.Count < 2)
            {
                throw new CorpusException($"The data has {Quantity.Of(source.Count, "token")}, and a block needs at least 2; use more text.");
            }
        }
        else if (source.Count < blockLength + 1)
        {
            throw new CorpusException(
                $"The data has {Quantity.Of(source.Count, "token")}, but one block of {blockLength} needs {blockLength + 1}; use more text or a shorter model.block.");
        }
    }

    /// <summary>T.</summary>
    public int BlockLength { get; }

    /// <summary>Where blocks start.</summary>
    public BlockAlignment Alignment { get; }

    /// <summary>The source.</summary>
    public ITokenSource Source => _source;

    /// <summary>Blocks that an epoch visits.</summary>
    public long Count => _packed is { } packed ? packed.Count
        : Alignment == BlockAlignment.Document ? _documentBlocks.Count
        : Math.Max(1, (_source.Count - 1 - (BlockLength - 1)) / BlockLength);

    /// <summary>Where a block starts.</summary>
    /// <param name="index">0 ... Count - 1.</param>
    /// <param name="shift">Stream only: how far all boundaries are moved, 0 ... BlockLength - 1.</param>
    public long StartOf(long index, int shift)
    {
        if (_packed is not null)
        {
            return index;
        }

        if (Alignment == BlockAlignment.Document)
        {
            return _documentBlocks[checked((int)index)];
        }

        long latest = _source.Count - 1 - BlockLength;
        return Math.Min((index * BlockLength) + shift, latest);
    }

    /// <summary>Where the targets of a block stand in the source.</summary>
    /// <param name="start">What <see cref="StartOf"/> says.</param>
    /// <param name="places">T places; for targets that are not scored they mean nothing.</param>
    public void ReadPlaces(long start, Span<long> places)
    {
        if (_packed is not null)
        {
            _packed.ReadPlaces(start, places);
            return;
        }

        for (int i = 0; i < places.Length; i++)
        {
            places[i] = start + i + 1;
        }
    }

    /// <summary>Reads a block.</summary>
    /// <param name="start">What <see cref="StartOf"/> says: its first token, or when packed its number.</param>
    /// <param name="tokens">T tokens; zeros beyond the end of the source.</param>
    /// <param name="targets">
    /// T targets; <see cref="IgnoredTarget"/> beyond the end of the source, and in a document that is cut off here and has a block of
    /// its own.
    /// </param>
    public void Read(long start, Span<int> tokens, Span<int> targets)
    {
        if (_packed is not null)
        {
            _packed.Read(start, tokens, targets);
            return;
        }

        int present = (int)Math.Min(BlockLength, _source.Count - start);
        int scored = (int)Math.Min(BlockLength, LastTarget(start) - start);
        _source.Read(start, tokens[..present]);
        _source.Read(start + 1, targets[..scored]);
        tokens[present..].Clear();
        targets[scored..].Fill(IgnoredTarget);
    }

    // The first token of the next document block has this block's context as much as any.
    private long LastTarget(long start)
    {
        int next = Alignment == BlockAlignment.Document ? _documentBlocks.BinarySearch(start) + 1 : 0;
        return next > 0 && next < _documentBlocks.Count ? _documentBlocks[next] : _source.Count - 1;
    }

    private void FindDocumentBlocks()
    {
        IReadOnlyList<long> starts = _source.DocumentStarts;
        int document = 0;
        while (document < starts.Count && starts[document] < _source.Count - 1)
        {
            long start = starts[document];
            _documentBlocks.Add(start);
            int next = document + 1;

            // The last target of this block may be the first token of the next block, which no other block scores; not a later one.
            while (next < starts.Count && DocumentEnd(starts, next) <= start + BlockLength)
            {
                next++;
            }

            document = next;
        }
    }

    private long DocumentEnd(IReadOnlyList<long> starts, int document) =>
        document + 1 < starts.Count ? starts[document + 1] : _source.Count;
}
