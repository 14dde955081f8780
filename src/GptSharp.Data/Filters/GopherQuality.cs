namespace GptSharp.Data.Filters;

/// <summary>
/// Rae et al. 2021 (Gopher), appendix A1.1, "quality filtering": a document is kept if its number of words, their mean length, the share
/// of them with a letter, its symbols, bullets, ellipses and commonest English words are those of prose.
/// </summary>
internal sealed class GopherQuality : DocumentFilter
{
    private static readonly string[] CommonWords = ["the", "be", "to", "of", "and", "that", "have", "with"];

    private readonly Thresholds _thresholds;
    private readonly double _minWords, _maxWords, _minMeanWord, _maxMeanWord, _maxSymbols, _maxBullets, _maxEllipses, _minAlphabetic, _minCommonWords;

    /// <summary>Creates the filter.</summary>
    /// <param name="chosen">Thresholds other than the paper's.</param>
    public GopherQuality(IReadOnlyList<string> chosen)
    {
        _thresholds = Thresholds.Read(
            Name, chosen,
            ("min_words", 50), ("max_words", 100_000), ("min_mean_word", 3), ("max_mean_word", 10), ("max_symbols", 0.1),
            ("max_bullet_lines", 0.9), ("max_ellipsis_lines", 0.3), ("min_alphabetic_words", 0.8), ("min_common_words", 2));
        (_minWords, _maxWords) = (_thresholds["min_words"], _thresholds["max_words"]);
        (_minMeanWord, _maxMeanWord) = (_thresholds["min_mean_word"], _thresholds["max_mean_word"]);
        _maxSymbols = _thresholds["max_symbols"];
        (_maxBullets, _maxEllipses) = (_thresholds["max_bullet_lines"], _thresholds["max_ellipsis_lines"]);
        (_minAlphabetic, _minCommonWords) = (_thresholds["min_alphabetic_words"], _thresholds["min_common_words"]);
    }

    /// <inheritdoc/>
    public override string Name => "gopher-quality";

    /// <inheritdoc/>
    public override string Rule => $"Rae et al. 2021: {_thresholds}";

    /// <inheritdoc/>
    internal override Verdict Judge(TextUnderReview text)
    {
        int words = text.Words.Count;
        if (words < _minWords || words > _maxWords)
        {
            return Verdict.Drop($"{Quantity.Of(words, "word")}");
        }

        string all = text.Text;
        double characters = text.Words.Sum(word => (long)word.End.Value - word.Start.Value);
        double mean = characters / words;
        if (mean < _minMeanWord || mean > _maxMeanWord)
        {
            return Verdict.Drop($"mean word length {mean:0.00}");
        }

        double hashes = all.AsSpan().Count('#') / (double)words;
        double ellipses = (all.AsSpan().Count("...") + all.AsSpan().Count('…')) / (double)words;
        if (Math.Max(hashes, ellipses) > _maxSymbols)
        {
            return Verdict.Drop($"{(hashes > ellipses ? "hash signs" : "ellipses")} per word {Math.Max(hashes, ellipses):0.00}");
        }

        return JudgeLines(text) ?? JudgeWords(text) ?? Verdict.Keep;
    }

    private Verdict? JudgeLines(TextUnderReview text)
    {
        ReadOnlySpan<char> all = text.Text;
        int bullets = 0;
        int ellipses = 0;
        foreach (Range range in text.Lines)
        {
            ReadOnlySpan<char> line = all[range];
            bullets += line[0] is '•' or '-' or '*' or '‣' or '◦' or '–' ? 1 : 0;
            ellipses += line.EndsWith("...") || line.EndsWith("…") ? 1 : 0;
        }

        double lines = text.Lines.Count;
        return bullets / lines > _maxBullets ? Verdict.Drop($"lines that begin with a bullet {bullets / lines:0.00}")
            : ellipses / lines > _maxEllipses ? Verdict.Drop($"lines that end in an ellipsis {ellipses / lines:0.00}")
            : null;
    }

    private Verdict? JudgeWords(TextUnderReview text)
    {
        ReadOnlySpan<char> all = text.Text;
        int alphabetic = 0;
        uint common = 0;
        foreach (Range range in text.Words)
        {
            ReadOnlySpan<char> word = all[range];
            alphabetic += HasLetter(word) ? 1 : 0;
            for (int i = 0; word.Length <= 4 && i < CommonWords.Length; i++)
            {
                common |= word.Equals(CommonWords[i], StringComparison.OrdinalIgnoreCase) ? 1u << i : 0;
            }
        }

        double share = alphabetic / (double)text.Words.Count;
        int different = System.Numerics.BitOperations.PopCount(common);
        return share < _minAlphabetic ? Verdict.Drop($"words with a letter {share:0.00}")
            : different < _minCommonWords ? Verdict.Drop($"{different} of the words {string.Join(", ", CommonWords)}")
            : null;
    }

    private static bool HasLetter(ReadOnlySpan<char> word)
    {
        foreach (char unit in word)
        {
            if (char.IsLetter(unit) || char.IsSurrogate(unit))
            {
                return true;
            }
        }

        return false;
    }
}
