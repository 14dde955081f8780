namespace GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

/// <summary>Which texts <see cref="Metaspace"/> puts its sign before.</summary>
internal enum PrependScheme
{
    /// <summary>None.</summary>
    Never,

    /// <summary>That at the start of the whole text.</summary>
    First,

    /// <summary>Every text between added tokens.</summary>
    Always,
}

/// <summary>SentencePiece's way with spaces: each becomes a visible sign, one may be put before the text, and words may be cut before it.</summary>
/// <param name="sign">The sign, usually U+2581.</param>
/// <param name="scheme">Where one is put before a text that does not start with it.</param>
/// <param name="cuts">Whether each sign begins a piece.</param>
internal sealed class Metaspace(byte[] sign, PrependScheme scheme, bool cuts) : IPreTokenizer
{
    private readonly Normalizers.Replace _replace = new([(byte)' '], sign);

    public IEnumerable<Piece> Split(Piece piece)
    {
        byte[] text = _replace.Normalize(piece.Text.ToArray());
        bool prepends = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.BeginsText);
        if (prepends && !text.AsSpan().StartsWith(sign))
        {
            text = [.. sign, .. text];
        }

        return cuts ? Cut(text, piece.BeginsText) : [new Piece(text, piece.BeginsText)];
    }

    private IEnumerable<Piece> Cut(byte[] text, bool beginsText)
    {
        int start = 0;
        while (start < text.Length)
        {
            int from = text.AsSpan(start).StartsWith(sign) ? start + sign.Length : start;
            int next = text.AsSpan(from).IndexOf(sign);
            int end = next < 0 ? text.Length : from + next;
            yield return new Piece(text.AsMemory(start, end - start), beginsText && start == 0);
            start = end;
        }
    }
}
