namespace GptSharp.Data.Filters;

/// <summary>
/// Rae et al. 2021 (Gopher), table A1, "repetition removal": a document is kept if not too much of it says what it said before. Shares of
/// lines and paragraphs count those that stood earlier in the document; shares of characters are of those in words. The commonest n-gram
/// of 2, 3 and 4 words counts wherever it stands, and so do n-grams of 5 to 10 words that stood earlier, a word once however many cover it.
/// </summary>
internal sealed class GopherRepetition : DocumentFilter
{
    private const int SmallestRepeated = 5;
    private const int LargestRepeated = 10;

    private readonly Thresholds _thresholds;
    private readonly double[] _maxTop;
    private readonly double[] _maxRepeated;

    /// <summary>Creates the filter.</summary>
    /// <param name="chosen">Thresholds other than the paper's.</param>
    public GopherRepetition(IReadOnlyList<string> chosen)
    {
        _thresholds = Thresholds.Read(
            Name, chosen,
            ("max_lines", 0.3), ("max_paragraphs", 0.3), ("max_line_characters", 0.2), ("max_paragraph_characters", 0.2),
            ("max_top_2gram", 0.2), ("max_top_3gram", 0.18), ("max_top_4gram", 0.16),
            ("max_5gram", 0.15), ("max_6gram", 0.14), ("max_7gram", 0.13), ("max_8gram", 0.12), ("max_9gram", 0.11), ("max_10gram", 0.1));
        _maxTop = [.. Enumerable.Range(2, 3).Select(n => _thresholds[$"max_top_{n}gram"])];
        _maxRepeated = [.. Enumerable.Range(SmallestRepeated, LargestRepeated - SmallestRepeated + 1).Select(n => _thresholds[$"max_{n}gram"])];
    }

    /// <inheritdoc/>
    public override string Name => "gopher-repetition";

    /// <inheritdoc/>
    public override string Rule => $"Rae et al. 2021: {_thresholds}";

    /// <inheritdoc/>
    internal override Verdict Judge(TextUnderReview text)
    {
        return JudgeParts(text, text.Lines, "lines", _thresholds["max_lines"], _thresholds["max_line_characters"])
            ?? JudgeParts(text, text.Paragraphs, "paragraphs", _thresholds["max_paragraphs"], _thresholds["max_paragraph_characters"])
            ?? JudgeNGrams(text)
            ?? Verdict.Keep;
    }

    /// <summary>Share of the characters in words that belong to the commonest n-gram, where it stands more than once.</summary>
    internal static double TopShare(TextUnderReview text, int n)
    {
        List<ulong> ngrams = text.Hashes;
        TextHash.NGrams(text.WordHashes, n, ngrams);
        text.Counts.Clear(ngrams.Count);
        int most = 1;
        int last = -1;
        for (int i = 0; i < ngrams.Count; i++)
        {
            int count = text.Counts.Add(ngrams[i]);
            if (count > most)
            {
                (most, last) = (count, i);
            }
        }

        return most == 1 ? 0 : Covered(text, n, i => ngrams[i] == ngrams[last]);
    }

    /// <summary>Share of the characters in words that belong to an n-gram which stood earlier.</summary>
    internal static double RepeatedShare(TextUnderReview text, int n)
    {
        List<ulong> ngrams = text.Hashes;
        TextHash.NGrams(text.WordHashes, n, ngrams);
        text.Counts.Clear(ngrams.Count);
        return Covered(text, n, i => text.Counts.Add(ngrams[i]) > 1);
    }

    private static double Covered(TextUnderReview text, int n, Func<int, bool> isMarked)
    {
        List<Range> words = text.Words;
        int ngrams = text.Hashes.Count;
        long covered = 0;
        long all = 0;
        int end = 0;
        for (int i = 0; i < words.Count; i++)
        {
            int length = words[i].End.Value - words[i].Start.Value;
            if (i < ngrams && isMarked(i))
            {
                end = i + n;
            }

            all += length;
            covered += i < end ? length : 0;
        }

        return all == 0 ? 0 : covered / (double)all;
    }

    private static Verdict? JudgeParts(TextUnderReview text, List<Range> parts, string name, double maxShare, double maxCharacters)
    {
        text.Counts.Clear(parts.Count);
        int repeated = 0;
        long repeatedCharacters = 0;
        long characters = 0;
        foreach (Range part in parts)
        {
            ReadOnlySpan<char> content = text.Text.AsSpan(part);
            characters += content.Length;
            if (text.Counts.Add(TextHash.Of(content)) > 1)
            {
                repeated++;
                repeatedCharacters += content.Length;
            }
        }

        double share = repeated / (double)Math.Max(1, parts.Count);
        double ofCharacters = repeatedCharacters / (double)Math.Max(1, characters);
        return share > maxShare ? Verdict.Drop($"repeated {name} {share:0.00}")
            : ofCharacters > maxCharacters ? Verdict.Drop($"characters in repeated {name} {ofCharacters:0.00}")
            : null;
    }

    private Verdict? JudgeNGrams(TextUnderReview text)
    {
        for (int n = 2; n <= 4; n++)
        {
            double share = TopShare(text, n);
            if (share > _maxTop[n - 2])
            {
                return Verdict.Drop($"characters in the commonest {n}-gram {share:0.00}");
            }
        }

        for (int n = SmallestRepeated; n <= LargestRepeated; n++)
        {
            double share = RepeatedShare(text, n);
            if (share > _maxRepeated[n - SmallestRepeated])
            {
                return Verdict.Drop($"characters in repeated {n}-grams {share:0.00}");
            }
        }

        return null;
    }
}
