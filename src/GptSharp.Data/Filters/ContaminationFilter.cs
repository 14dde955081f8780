using GptSharp.Data.Corpora;

namespace GptSharp.Data.Filters;

/// <summary>
/// Brown et al. 2020 (GPT-3), appendix C: a document that has 13 words in a row of an evaluation text, compared in lower case and without
/// punctuation, has seen the test. Here the whole document is dropped, where the paper cuts out 200 characters on both sides. An evaluation
/// text of fewer words, but eight at least, is sought as a whole, as in the paper.
/// </summary>
internal sealed class ContaminationFilter : DocumentFilter
{
    /// <summary>Words in a row.</summary>
    public const int DefaultWords = 13;

    /// <summary>Evaluation texts of fewer words are not sought: they are everybody's.</summary>
    public const int FewestWords = 8;

    // A set of eight million takes about 200 MiB, and half as much again while it grows.
    private const int MostNGrams = 8 << 20;

    private readonly string _path;
    private readonly int _words;
    private readonly SortedDictionary<int, HashSet<ulong>> _byLength = [];
    private readonly long _count;

    /// <summary>Reads the evaluation texts.</summary>
    /// <param name="path">A text file, of which each line is an example, or JSON lines.</param>
    /// <param name="textField">The field of a line of JSON that holds its text.</param>
    /// <param name="words">Words in a row.</param>
    /// <exception cref="CorpusException">The file cannot be read, has nothing to compare with, or is too large.</exception>
    public ContaminationFilter(string path, string textField, int words)
    {
        (_path, _words) = (path, words);
        var parser = new DocumentParser(textField, []);
        var review = new TextUnderReview();
        List<ulong> ngrams = [];
        foreach (RawBatch batch in new CorpusReader(TextCorpus.Open([path], LineDelimiter(path))).Read(CorpusPosition.Start))
        {
            foreach (RawDocument raw in batch.Documents)
            {
                review.Turn(parser.Parse(raw, batch.BytesOf(raw)).Text, new Dictionary<string, string>(), isContinuation: false);
                int length = Math.Min(words, review.PlainWordHashes.Count);
                if (length >= Math.Min(words, FewestWords))
                {
                    TextHash.NGrams(review.PlainWordHashes, length, ngrams);
                    SetOf(length).UnionWith(ngrams);
                }
            }

            _count = _byLength.Values.Sum(set => (long)set.Count);
            if (_count > MostNGrams)
            {
                throw new CorpusException($"{path} has more than {MostNGrams} different runs of {words} words, which is too much to decontaminate against; divide it.");
            }
        }

        if (_count == 0)
        {
            throw new CorpusException($"{path} has no text of {Math.Min(words, FewestWords)} words or more, so there is nothing to decontaminate against.");
        }
    }

    /// <inheritdoc/>
    public override string Name => "contamination";

    /// <inheritdoc/>
    public override string Rule => $"Brown et al. 2020: no {_words} words in a row of {_path} ({_count:N0} of them)";

    /// <inheritdoc/>
    public override bool SeesEverySection => true;

    /// <inheritdoc/>
    internal override Verdict Judge(TextUnderReview text)
    {
        foreach ((int length, HashSet<ulong> known) in _byLength)
        {
            TextHash.NGrams(text.PlainWordHashes, length, text.Hashes);
            int found = text.Hashes.FindIndex(known.Contains);
            if (found >= 0)
            {
                return Verdict.Drop($"\"{Excerpt(text, found, length)}\"");
            }
        }

        return Verdict.Keep;
    }

    private static string? LineDelimiter(string path) => File.Exists(path) && CorpusFile.Named(path).Format == CorpusFormat.Text ? "\n" : null;

    private static string Excerpt(TextUnderReview text, int first, int length)
    {
        List<int> places = text.PlainWordPlaces;
        int end = first + length < places.Count ? places[first + length] : text.Text.Length;
        return string.Join(' ', text.Text[places[first]..end].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private HashSet<ulong> SetOf(int length)
    {
        if (!_byLength.TryGetValue(length, out HashSet<ulong>? set))
        {
            _byLength.Add(length, set = []);
        }

        return set;
    }
}
