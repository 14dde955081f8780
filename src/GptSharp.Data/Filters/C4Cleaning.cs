using System.Buffers;
using System.Text;

namespace GptSharp.Data.Filters;

/// <summary>
/// Raffel et al. 2020 (T5), section 2.2, the Colossal Clean Crawled Corpus: of a page those lines are kept that end in a terminal
/// punctuation mark, have at least five words, and speak neither of JavaScript nor of policies and cookies; pages with a curly bracket or
/// "lorem ipsum", or of fewer than three sentences, are dropped. (The paper also drops pages with a word of a list that is not
/// reproduced here; spans of three sentences that occur twice are what near-duplicates and gopher-repetition stand for.)
/// </summary>
internal sealed class C4Cleaning : DocumentFilter
{
    private static readonly SearchValues<string> Boilerplate = SearchValues.Create(
        ["javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<string> Placeholder = SearchValues.Create(["lorem ipsum"], StringComparison.OrdinalIgnoreCase);

    private readonly Thresholds _thresholds;
    private readonly double _minSentences, _minWords;

    /// <summary>Creates the filter.</summary>
    /// <param name="chosen">Thresholds other than the paper's.</param>
    public C4Cleaning(IReadOnlyList<string> chosen)
    {
        _thresholds = Thresholds.Read(Name, chosen, ("min_sentences", 3), ("min_words_in_line", 5));
        (_minSentences, _minWords) = (_thresholds["min_sentences"], _thresholds["min_words_in_line"]);
    }

    /// <inheritdoc/>
    public override string Name => "c4";

    /// <inheritdoc/>
    public override string Rule =>
        $"Raffel et al. 2020: {_thresholds}; keeps lines that end in . ! ? or a quotation mark after one, without JavaScript and policy notices; no page with a curly bracket or \"lorem ipsum\"";

    /// <inheritdoc/>
    public override bool SeesEverySection => true;

    /// <inheritdoc/>
    public override bool ChangesText => true;

    /// <inheritdoc/>
    internal override Verdict Judge(TextUnderReview text)
    {
        string all = text.Text;
        if (all.AsSpan().ContainsAny('{', '}'))
        {
            return Verdict.Drop($"a curly bracket");
        }

        if (all.AsSpan().ContainsAny(Placeholder))
        {
            return Verdict.Drop($"lorem ipsum");
        }

        var kept = new StringBuilder();
        int sentences = 0;
        foreach (Range range in text.Lines)
        {
            ReadOnlySpan<char> line = all.AsSpan(range);
            if (IsProse(line))
            {
                kept.Append(kept.Length == 0 ? "" : "\n").Append(line);
                sentences += SentencesOf(line);
            }
        }

        // The sentences of a document that is longer than a section are those of its first.
        return sentences < _minSentences && !text.IsContinuation ? Verdict.Drop($"{Quantity.Of(sentences, "sentence")}")
            : kept.Length == all.Length ? Verdict.Keep
            : Verdict.Change(kept.ToString());
    }

    /// <summary>Sentences of a line: runs of terminal punctuation before white space or the end.</summary>
    internal static int SentencesOf(ReadOnlySpan<char> line)
    {
        int sentences = 0;
        bool isEnding = false;
        foreach (char unit in line)
        {
            if (char.IsWhiteSpace(unit))
            {
                sentences += isEnding ? 1 : 0;
                isEnding = false;
            }
            else
            {
                isEnding = IsTerminal(unit) || (isEnding && IsClosing(unit));
            }
        }

        return sentences + (isEnding ? 1 : 0);
    }

    private static bool IsTerminal(char unit) => unit is '.' or '!' or '?' or '…' or '。' or '！' or '？';

    private static bool IsClosing(char unit) => unit is '"' or '\'' or '”' or '’' or '»' or ')' or ']';

    // The paper's marks: a period, exclamation mark, question mark, or end quotation mark; an ellipsis is none of them.
    private static bool EndsSentence(ReadOnlySpan<char> line) =>
        !line.EndsWith("...") && (line[^1] is '.' or '!' or '?' or '"' or '”' or '»' or '。' or '！' or '？');

    private bool IsProse(ReadOnlySpan<char> line) =>
        EndsSentence(line) && WordsOf(line) >= _minWords && !line.ContainsAny(Boilerplate);

    private static int WordsOf(ReadOnlySpan<char> line)
    {
        int words = 0;
        bool isWithin = false;
        foreach (char unit in line)
        {
            bool isSpace = char.IsWhiteSpace(unit);
            words += !isSpace && !isWithin ? 1 : 0;
            isWithin = !isSpace;
        }

        return words;
    }
}
