using System.Buffers;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Preparation;

/// <summary>Tokens of a batch.</summary>
internal sealed class EncodedBatch : IDisposable
{
    // Characters that are encoded at once where cutting changes no token.
    private const int PieceCharacters = 16 << 10;

    private readonly List<EncodedPart> _parts = [];
    private readonly List<(int Reason, DroppedSample Sample)> _dropped = [];
    private int[] _tokens = ArrayPool<int>.Shared.Rent(64 << 10);
    private int _count;

    /// <summary>The parts, in their order.</summary>
    public IReadOnlyList<EncodedPart> Parts => _parts;

    /// <summary>Copies that were dropped.</summary>
    public IReadOnlyList<(int Reason, DroppedSample Sample)> Dropped => _dropped;

    /// <summary>The tokens of a part.</summary>
    public ReadOnlySpan<int> TokensOf(EncodedPart part) => _tokens.AsSpan(part.Start, part.Count);

    /// <summary>Adds a part.</summary>
    /// <param name="split">Where it goes.</param>
    /// <param name="separator">The token before it; null for none.</param>
    /// <param name="text">Its text.</param>
    /// <param name="tokenizer">How it becomes tokens.</param>
    /// <param name="beginsDocument">Whether it is a document's first.</param>
    public void Add(int split, int? separator, string text, ITokenizer tokenizer, bool beginsDocument)
    {
        int start = _count;
        if (separator is { } token)
        {
            Append([token]);
        }

        if (tokenizer is not (ByteTokenizer or CharTokenizer) || text.Length <= PieceCharacters)
        {
            Append(tokenizer.Encode(text));
        }
        else
        {
            AppendPieces(text, tokenizer);
        }

        _parts.Add(new EncodedPart(split, beginsDocument, start, _count - start));
    }

    /// <summary>Adds a sample of a copy that was dropped.</summary>
    public void AddDropped(int reason, DroppedSample sample) => _dropped.Add((reason, sample));

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<int>.Shared.Return(_tokens);

    private void AppendPieces(string text, ITokenizer tokenizer)
    {
        int start = 0;
        while (start < text.Length)
        {
            int end = Math.Min(text.Length, start + PieceCharacters);
            end -= end < text.Length && char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
            Append(tokenizer.Encode(text[start..end]));
            start = end;
        }
    }

    private void Append(ReadOnlySpan<int> tokens)
    {
        if (_tokens.Length - _count < tokens.Length)
        {
            int[] larger = ArrayPool<int>.Shared.Rent(Math.Max(2 * _tokens.Length, _count + tokens.Length));
            _tokens.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<int>.Shared.Return(_tokens);
            _tokens = larger;
        }

        tokens.CopyTo(_tokens.AsSpan(_count));
        _count += tokens.Length;
    }
}

/// <summary>Tokens that go into a split together.</summary>
/// <param name="Split">Number of the split.</param>
/// <param name="BeginsDocument">Whether a document begins with them.</param>
/// <param name="Start">The first in the batch.</param>
/// <param name="Count">How many.</param>
internal readonly record struct EncodedPart(int Split, bool BeginsDocument, int Start, int Count);
