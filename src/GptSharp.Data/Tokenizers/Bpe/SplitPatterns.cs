namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>The split patterns as regular expressions, and the cuts that they make.</summary>
public static class SplitPatterns
{
    // Later releases of tiktoken spell two of them with possessive quantifiers, which match the same and save a regex engine work. (Its latest cl100k,
    // with \s++$, is another pattern: at the end of a text it takes line ends and blanks together. It is not known here.)
    private static readonly Dictionary<string, SplitPattern> Spellings = new()
    {
        [""] = SplitPattern.None,
        [RegexOf(SplitPattern.Gpt2)] = SplitPattern.Gpt2,
        [@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] = SplitPattern.Gpt2,
        [@"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"] = SplitPattern.Gpt2,
        [RegexOf(SplitPattern.Cl100k)] = SplitPattern.Cl100k,
        [@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = SplitPattern.Cl100k,
        [RegexOf(SplitPattern.O200k)] = SplitPattern.O200k,
        [RegexOf(SplitPattern.Qwen2)] = SplitPattern.Qwen2,
    };

    /// <summary>The regular expression that a pattern means, as tokenizer files spell it; empty for <see cref="SplitPattern.None"/>.</summary>
    public static string RegexOf(SplitPattern pattern) => pattern switch
    {
        SplitPattern.None => "",
        SplitPattern.Gpt2 => @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        SplitPattern.Cl100k or SplitPattern.Llama3 => @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        SplitPattern.Qwen2 => @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        SplitPattern.O200k => @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        _ => throw new ArgumentOutOfRangeException(nameof(pattern)),
    };

    /// <summary>The pattern that a regular expression of a tokenizer file means; of Llama 3's, which is cl100k's, <see cref="SplitPattern.Cl100k"/>.</summary>
    /// <returns>False for an expression that is not known.</returns>
    public static bool TryRecognize(string regex, out SplitPattern pattern) => Spellings.TryGetValue(regex, out pattern);

    /// <summary>
    /// Where the piece ends that starts at a place. Bytes that are no UTF-8 count, each on its own, as a symbol that is neither letter, digit nor space, as
    /// U+FFFD is; so any bytes have pieces, and the pieces put together are the bytes.
    /// </summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The whole text in UTF-8: what follows a piece can decide its end.</param>
    /// <param name="start">Where the piece starts, before the end of the text.</param>
    public static int EndOfPiece(SplitPattern pattern, ReadOnlySpan<byte> text, int start) => pattern switch
    {
        SplitPattern.Gpt2 => Pieces.EndOfGpt2(text, start),
        SplitPattern.Cl100k or SplitPattern.Llama3 => Pieces.EndOfCl100k(text, start, numbers: 3),
        SplitPattern.Qwen2 => Pieces.EndOfCl100k(text, start, numbers: 1),
        SplitPattern.O200k => Pieces.EndOfO200k(text, start),
        _ => text.Length,
    };

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
