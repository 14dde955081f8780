namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>The split patterns as regular expressions, and the cuts that they make.</summary>
public static class SplitPatterns
{
    /// <summary>The regular expression that a pattern means, as tokenizer files spell it; empty for <see cref="SplitPattern.None"/>.</summary>
    public static string RegexOf(SplitPattern pattern) => throw new NotImplementedException();

    /// <summary>The pattern that a regular expression of a tokenizer file means. Every published spelling of the known patterns is recognised.</summary>
    /// <returns>False for any other expression.</returns>
    public static bool TryRecognize(string regex, out SplitPattern pattern) => throw new NotImplementedException();

    /// <summary>
    /// Where the piece ends that starts at a place. Bytes that are no UTF-8 count, each on its own, as a symbol that is neither letter, digit nor space, as
    /// U+FFFD is; so any bytes have pieces, and the pieces put together are the bytes.
    /// </summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The whole text in UTF-8: what follows a piece can decide its end.</param>
    /// <param name="start">Where the piece starts, before the end of the text.</param>
    public static int EndOfPiece(SplitPattern pattern, ReadOnlySpan<byte> text, int start) => throw new NotImplementedException();

    /// <summary>All pieces of a text.</summary>
    public static IReadOnlyList<Range> Split(SplitPattern pattern, ReadOnlySpan<byte> text)
    {
        var pieces = new List<Range>();
        for (int start = 0; start < text.Length;)
        {
            int end = EndOfPiece(pattern, text, start);
            pieces.Add(start..end);
            start = end;
        }

        return pieces;
    }
}
