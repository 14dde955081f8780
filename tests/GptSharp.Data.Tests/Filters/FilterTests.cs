using System.Text;
using GptSharp.Data.Filters;

namespace GptSharp.Data.Tests.Filters;

public sealed class FilterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static TextUnderReview Review(string text, params (string Name, string Value)[] fields)
    {
        var review = new TextUnderReview();
        review.Turn(text, fields.ToDictionary(field => field.Name, field => field.Value), isContinuation: false);
        return review;
    }

    private static string? Why(string filter, string text, params (string Name, string Value)[] fields) => FilterNames.Create(filter).Judge(Review(text, fields)).Reason;

    private static string Varied(int sentences) => string.Concat(Enumerable.Range(0, sentences).Select(i => $"Sentence {i} of the text says that number {i * 17 % 1001} and word{i * 31 % 977} belong to row{i}. "));

    [Fact]
    public void Prose_passes_Gopher_s_rules()
    {
        Assert.Null(Why("gopher-quality", Varied(20)));
        Assert.Null(Why("gopher-repetition", string.Join(" ", Enumerable.Range(0, 400).Select(i => $"w{i * 7919 % 400}"))));
    }

    [Theory]
    [InlineData("one two three", "3 words")]
    [InlineData("long", "100001 words")]
    [InlineData("letters", "mean word length 1.00")]
    [InlineData("giants", "mean word length 20.00")]
    [InlineData("hashes", "hash signs per word 0.20")]
    [InlineData("dots", "ellipses per word 0.20")]
    [InlineData("bullets", "lines that begin with a bullet 1.00")]
    [InlineData("trailing", "lines that end in an ellipsis 0.33")]
    [InlineData("numbers", "words with a letter 0.50")]
    [InlineData("latin", "0 of the words the, be, to, of, and, that, have, with")]
    public void Each_rule_of_gopher_quality_names_its_figure(string text, string reason)
    {
        string made = text switch
        {
            "long" => string.Concat(Enumerable.Repeat("the word ", 50_000)) + "more",
            "letters" => string.Concat(Enumerable.Repeat("a ", 60)),
            "giants" => string.Concat(Enumerable.Repeat(new string('g', 20) + " ", 60)),
            "hashes" => string.Concat(Enumerable.Repeat("#the garden of evening flowers ", 20)),
            "dots" => string.Concat(Enumerable.Repeat("the garden of evening... flowers ", 20)),
            "bullets" => string.Concat(Enumerable.Repeat("- the garden of evening flowers\n", 20)),
            "trailing" => string.Concat(Enumerable.Repeat("The garden of many evening flowers by the quiet wall that nobody saw.\nAnd the one more\nAgain the other…\n", 10)),
            "numbers" => string.Concat(Enumerable.Repeat("the 1234 garden 5678 ", 20)),
            "latin" => string.Concat(Enumerable.Repeat("lorem dolor amet sit ", 20)),
            _ => text,
        };
        Assert.Equal(reason, Why("gopher-quality", made));
    }

    [Fact]
    public void Thresholds_can_be_chosen_and_wrong_ones_are_refused()
    {
        Assert.Null(Why("gopher-quality:min_words=3,min_common_words=0", "one two three"));
        Assert.Contains("min_words=3", FilterNames.Create("gopher-quality:min_words=3").Rule, StringComparison.Ordinal);
        Assert.Equal("there is no filter 'gopher'; there are c4, gopher-quality, gopher-repetition, webtext.", Problem("gopher"));
        Assert.StartsWith("the filter 'c4' has no threshold 'min'; it has min_sentences, min_words_in_line.", Problem("c4:min=3"), StringComparison.Ordinal);
        Assert.Equal("the filter 'c4' needs a number for min_sentences, as in c4:min_sentences=3.", Problem("c4:min_sentences=many"));

        static string Problem(string text) => Assert.Throws<FormatException>(() => FilterNames.Create(text)).Message;
    }

    [Theory]
    [InlineData("lines", "repeated lines 0.67")]
    [InlineData("paragraphs", "repeated paragraphs 0.50")]
    [InlineData("top", "characters in the commonest 2-gram")]
    [InlineData("ngrams", "characters in repeated 5-grams")]
    public void Each_rule_of_gopher_repetition_names_its_figure(string text, string reason)
    {
        string made = text switch
        {
            "lines" => string.Concat(Enumerable.Repeat("a line\nanother one\n", 3)),
            "paragraphs" => "first a\n\nsecond b\nthird c\n\nfirst a\n\nsecond b\nthird c",
            "top" => string.Concat(Enumerable.Range(0, 40).Select(i => $"click here{(i % 2 == 0 ? " now" : "")} {i} ")),
            _ => string.Join(" ", Enumerable.Range(0, 300).Select(i => $"w{i * 7919 % 300}").Concat(Enumerable.Range(0, 100).Select(i => $"w{i * 7919 % 300}"))),
        };
        if (text == "paragraphs")
        {
            Assert.Equal(reason, Why("gopher-repetition:max_lines=1,max_line_characters=1", made));
            return;
        }

        Assert.StartsWith(reason, Why("gopher-repetition", made), StringComparison.Ordinal);
    }

    // Written on texts of words, without hashes.
    [Fact]
    public void Shares_of_ngrams_are_those_of_a_naive_count()
    {
        var random = new Random(5);
        for (int trial = 0; trial < 300; trial++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => new string((char)('a' + random.Next(4)), random.Next(1, 3)))];
            TextUnderReview review = Review(string.Join(random.Next(2) == 0 ? " " : "\n ", words));
            double all = words.Sum(word => word.Length);
            foreach (int n in new[] { 2, 3, 5 })
            {
                string[] ngrams = [.. Enumerable.Range(0, Math.Max(0, words.Length - n + 1)).Select(i => string.Join(' ', words.Skip(i).Take(n)))];
                bool[] repeated = new bool[words.Length];
                for (int i = 0; i < ngrams.Length; i++)
                {
                    if (ngrams.Take(i).Contains(ngrams[i]))
                    {
                        Array.Fill(repeated, true, i, n);
                    }
                }

                Assert.Equal(words.Where((_, i) => repeated[i]).Sum(word => word.Length) / all, GopherRepetition.RepeatedShare(review, n), 12);

                // Several may be commonest: the filter takes one of them.
                int most = ngrams.Length == 0 ? 0 : ngrams.GroupBy(ngram => ngram).Max(group => group.Count());
                double[] candidates = most < 2 ? [0] : [.. ngrams.GroupBy(ngram => ngram).Where(group => group.Count() == most).Select(group => Covered(group.Key) / all)];
                double share = GopherRepetition.TopShare(review, n);
                Assert.Contains(candidates, candidate => Math.Abs(candidate - share) < 1e-12);

                int Covered(string ngram)
                {
                    bool[] marked = new bool[words.Length];
                    for (int i = 0; i < ngrams.Length; i++)
                    {
                        if (ngrams[i] == ngram)
                        {
                            Array.Fill(marked, true, i, n);
                        }
                    }

                    return words.Where((_, i) => marked[i]).Sum(word => word.Length);
                }
            }
        }
    }

    [Fact]
    public void C4_keeps_lines_of_prose_and_drops_pages_of_none()
    {
        DocumentFilter filter = FilterNames.Create("c4");
        string text = "Home | About\nThe garden was quiet that evening. Nobody spoke of it.\nToo short a line.\nPlease enable JavaScript to see the rest of it.\n"
            + "We use cookies, see our cookie policy for all of them.\nThis one does not end\nAnd so they went on...\n“Who would have thought of that?” he said aloud.\n";
        Verdict verdict = filter.Judge(Review(text));
        Assert.Null(verdict.Reason);
        Assert.Equal("The garden was quiet that evening. Nobody spoke of it.\n“Who would have thought of that?” he said aloud.", verdict.Text);
        Assert.Equal(default, filter.Judge(Review("The garden was quiet that evening. Nobody spoke of it. All went home.")));
        Assert.Equal("a curly bracket", Why("c4", text + "if (a) { b(); }"));
        Assert.Equal("lorem ipsum", Why("c4", text + "Lorem Ipsum dolor"));
        Assert.Equal("2 sentences", Why("c4", "The garden was quiet that evening. Nobody spoke of it."));
        Assert.Equal("1 sentence", Why("c4", "The garden was quiet that evening."));
    }

    [Theory]
    [InlineData("One. Two! Three?", 3)]
    [InlineData("He said \"no.\" And left...", 2)]
    [InlineData("3.14 is no end", 0)]
    public void Sentences_end_in_punctuation_before_a_space(string line, int sentences) => Assert.Equal(sentences, C4Cleaning.SentencesOf(line));

    [Fact]
    public void Licences_scores_and_addresses_are_read_from_fields()
    {
        DocumentFilter licence = FilterNames.Licence("license", ["MIT", "cc0-1.0"]);
        Assert.Null(licence.Judge(Review("x", ("license", "mit"))).Reason);
        Assert.Null(licence.Judge(Review("x", ("license", "mit,CC0-1.0"))).Reason);
        Assert.Equal("licence mit,gpl-3.0", licence.Judge(Review("x", ("license", "mit,gpl-3.0"))).Reason);
        Assert.Equal("no licence in 'license'", licence.Judge(Review("x")).Reason);

        Assert.Null(Why("webtext", "x", ("score", "3")));
        Assert.Equal("score 2", Why("webtext", "x", ("score", "2")));
        Assert.Equal("no number in 'score'", Why("webtext", "x"));
        Assert.Equal("a page of en.wikipedia.org", Why("webtext", "x", ("score", "9"), ("url", "https://en.wikipedia.org/wiki/Text")));
        Assert.Null(Why("webtext", "x", ("score", "9"), ("url", "https://notwikipedia.org/wiki/Text")));
    }

    [Fact]
    public void Contamination_is_that_of_a_naive_search_for_runs_of_words()
    {
        var random = new Random(9);
        string[] vocabulary = ["alpha", "Beta", "gamma,", "DELTA", "e-psilon"];
        string[] examples = [.. Enumerable.Range(0, 30).Select(_ => Text(random.Next(6, 30)))];
        DocumentFilter filter = FilterNames.Decontaminate(_folder.Put("eval.txt", string.Join('\n', examples)), "text", words: 9);
        HashSet<string> known = [.. examples.Select(Plain).Where(words => words.Length >= 8).SelectMany(words => Runs(words, Math.Min(9, words.Length)))];
        int found = 0;
        for (int i = 0; i < 500; i++)
        {
            string text = Text(random.Next(5, 60));
            string[] plain = Plain(text);
            bool isKnown = Runs(plain, 8).Concat(Runs(plain, 9)).Any(known.Contains);
            Assert.Equal(isKnown, filter.Judge(Review(text)).Reason is not null);
            found += isKnown ? 1 : 0;
        }

        Assert.InRange(found, 20, 480);

        string Text(int words) => string.Join(random.Next(2) == 0 ? " " : "; ", Enumerable.Range(0, words).Select(_ => vocabulary[random.Next(random.Next(4) == 0 ? 5 : 2)]));

        static string[] Plain(string text)
        {
            var plain = new StringBuilder();
            foreach (char unit in text.ToLowerInvariant())
            {
                plain.Append(char.IsLetterOrDigit(unit) ? unit : ' ');
            }

            return plain.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }

        static IEnumerable<string> Runs(string[] words, int length) =>
            Enumerable.Range(0, Math.Max(0, words.Length - length + 1)).Select(i => string.Join(' ', words.Skip(i).Take(length)));
    }

    [Fact]
    public void A_contaminated_document_is_dropped_with_the_words_that_gave_it_away()
    {
        string path = _folder.Put("eval.jsonl", "{\"question\": \"The garden was quiet that evening and nobody spoke of the letters with stamps.\"}\n");
        DocumentFilter filter = FilterNames.Decontaminate(path, "question", FilterNames.ContaminationWords);
        Assert.Equal(
            "\"THE garden, was quiet that evening and nobody spoke of the letters with\"",
            filter.Judge(Review("Once: THE garden, was quiet that evening\nand nobody spoke of the letters with the rest")).Reason);
        Assert.Null(filter.Judge(Review("The garden was quiet that evening and nobody spoke of the other letters with stamps.")).Reason);
        Assert.Contains("nothing to decontaminate against", Assert.Throws<CorpusException>(() => FilterNames.Decontaminate(_folder.Put("short.txt", "too short"), "text", 13)).Message, StringComparison.Ordinal);
    }
}
