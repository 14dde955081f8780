using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Duplicates;
using GptSharp.Data.Filters;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Duplicates;

public sealed class NearDuplicateTests
{
    private static ushort[] Signature(string text)
    {
        var review = new TextUnderReview();
        review.Turn(text, new Dictionary<string, string>(), isContinuation: false);
        return NearDuplicates.SignatureOf(review)!;
    }

    // Jaccard similarity of the sets of five words in a row, counted with texts, not hashes.
    private static double Jaccard(string first, string second)
    {
        HashSet<string> one = Shingles(first), two = Shingles(second);
        return one.Intersect(two).Count() / (double)one.Union(two).Count();

        static HashSet<string> Shingles(string text)
        {
            string[] words = text.ToLowerInvariant().Split([' ', '.', ',', '\n'], StringSplitOptions.RemoveEmptyEntries);
            int length = Math.Min(5, words.Length);
            return [.. Enumerable.Range(0, words.Length - length + 1).Select(i => string.Join(' ', words.Skip(i).Take(length)))];
        }
    }

    private static string Text(Random random, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => $"word{random.Next(500)}"));

    private static string Changed(Random random, string text, double share) =>
        string.Join(' ', text.Split(' ').Select(word => random.NextDouble() < share ? $"other{random.Next(500)}" : word));

    [Fact]
    public void Signatures_estimate_the_similarity_of_a_naive_count()
    {
        var random = new Random(1);
        double squares = 0;
        double bias = 0;
        const int pairs = 400;
        for (int i = 0; i < pairs; i++)
        {
            string text = Text(random, 200), other = Changed(random, text, random.NextDouble() * 0.2);
            double error = MinHash.Similarity(Signature(text), Signature(other)) - Jaccard(text, other);
            squares += error * error;
            bias += error / pairs;
            Assert.True(Math.Abs(error) < 0.25, $"off by {error}");
        }

        // The standard deviation of 120 coin tosses is at most 0.046.
        Assert.True(Math.Sqrt(squares / pairs) < 0.055, $"{Math.Sqrt(squares / pairs)}");
        Assert.True(Math.Abs(bias) < 0.01, $"{bias}");
    }

    [Fact]
    public void Case_punctuation_and_white_space_make_no_difference_and_short_texts_have_a_signature()
    {
        Assert.Equal(Signature("The garden, was quiet that evening!"), Signature("the Garden was\nquiet  that “evening”"));
        Assert.Equal(Signature("Hi there"), Signature("hi THERE"));
        Assert.NotEqual(Signature("Hi there"), Signature("Hi you"));
        Assert.True(MinHash.Similarity(Signature("今日はとても天気がいいですね"), Signature("今日はとても天気がいいですよ")) > 0.5);
        var review = new TextUnderReview();
        review.Turn(" … ", new Dictionary<string, string>(), isContinuation: false);
        Assert.Null(NearDuplicates.SignatureOf(review));
    }

    [Fact]
    public void Of_documents_alike_by_a_naive_count_the_first_stays_and_others_stay_whole()
    {
        var random = new Random(2);
        List<string> documents = [];
        for (int i = 0; i < 150; i++)
        {
            string text = Text(random, random.Next(60, 300));
            documents.Add(text);
            if (i % 3 == 0)
            {
                documents.Add(Changed(random, text, random.Next(2) == 0 ? 0.008 : 0.12));
            }
        }

        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(documents));
        using var folder = new TemporaryFolder();
        string source = folder.Put("a.jsonl", string.Concat(documents.Select(Preparation.Corpora.Line)));
        DatasetBuilder.Build(
            TextCorpus.Open(source), folder.At("set"), new DatasetOptions { Tokenizer = new ByteTokenizer(), NearDuplicateThreshold = 0.8 }, null, TestContext.Current.CancellationToken);
        using Dataset dataset = Dataset.Open(folder.At("set"));
        List<string> kept = [.. Texts(dataset.Train), .. Texts(dataset.Validation)];
        Assert.Equal(kept.Distinct().Count(), kept.Count);
        for (int i = 0; i < documents.Count; i++)
        {
            double nearest = documents.Take(i).Select(earlier => Jaccard(earlier, documents[i])).DefaultIfEmpty(0).Max();

            // Three standard deviations around the threshold an estimate may fall on either side.
            if (nearest is < 0.69 or (> 0.91 and < 1))
            {
                Assert.Equal(nearest < 0.8, kept.Contains(documents[i]));
            }
        }

        int dropped = documents.Count - kept.Count;
        Assert.InRange(dropped, 10, 50);
        Assert.Equal(dropped, PreparationReport.Load(folder.At("set"))!.Dropped.Single(reason => reason.Reason == "near-duplicates").Documents);

        IEnumerable<string> Texts(ITokenSource tokens)
        {
            long[] bounds = [.. tokens.DocumentStarts, tokens.Count];
            return bounds.Zip(bounds.Skip(1), (start, end) =>
            {
                var text = new int[end - start];
                tokens.Read(start, text);
                return dataset.Tokenizer.Decode(text);
            });
        }
    }
}
