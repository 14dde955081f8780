using System.Text;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

public sealed class BpeTrainerTests
{
    private static readonly Lazy<string> Stories = new(() =>
        StoryCorpus.Write(StoryGrammar.BuiltIn, seed: 1, characters: 60_000, validationShare: 0, testShare: 0).Training.Text);

    private static BpeTraining Train(IEnumerable<string> texts, BpeTrainingOptions options) =>
        BpeTrainer.Train(texts.Select<string, Func<Stream>>(text => () => new MemoryStream(Encoding.UTF8.GetBytes(text))), options);

    private static List<(string Left, string Right)> Letters(BpeTraining training) =>
        [.. training.Merges.Select(merge => (ByteLevel.Write(training.Tokens[merge.Left]), ByteLevel.Write(training.Tokens[merge.Right])))];

    [Theory]
    [InlineData(SplitPattern.Gpt2)]
    [InlineData(SplitPattern.Cl100k)]
    [InlineData(SplitPattern.O200k)]
    [InlineData(SplitPattern.None)]
    public void Merges_of_stories_are_those_of_a_textbook(SplitPattern pattern)
    {
        string text = pattern == SplitPattern.None ? Stories.Value[..3000] : Stories.Value;
        BpeTraining training = Train([text], new BpeTrainingOptions(257 + 300, pattern));
        Assert.Equal(TextbookTrainer.Train([text], SplitPatterns.RegexOf(pattern), merges: 300, specialTokens: 1), Letters(training));
        Assert.Equal(257 + 300, training.Tokens.Count);
    }

    [Fact]
    public void Merges_of_random_texts_are_those_of_a_textbook()
    {
        // Few letters: ties, runs of one letter, and tokens that two different merges make.
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            string alphabet = seed % 3 == 0 ? "ab" : seed % 3 == 1 ? "abc é" : "aaab\n1";
            string[] texts = [.. Enumerable.Range(0, 3).Select(_ => new string([.. Enumerable.Range(0, random.Next(80)).Select(_ => alphabet[random.Next(alphabet.Length)])]))];
            SplitPattern pattern = seed % 2 == 0 ? SplitPattern.Gpt2 : SplitPattern.Cl100k;
            BpeTraining training = Train(texts, new BpeTrainingOptions(257 + 60, pattern) { Threads = (seed % 4) + 1 });
            Assert.Equal(TextbookTrainer.Train(texts, SplitPatterns.RegexOf(pattern), merges: 60, specialTokens: 1), Letters(training));
        }
    }

    [Fact]
    public void Threads_change_no_bit()
    {
        // Enough text for several blocks, in several files.
        string[] texts = [.. Enumerable.Range(0, 5).Select(i => string.Concat(Enumerable.Repeat(Stories.Value[(i * 1000)..], 12)))];
        BpeTraining alone = Train(texts, new BpeTrainingOptions(700, SplitPattern.Gpt2) { Threads = 1 });
        foreach (int threads in new[] { 2, 3, 8 })
        {
            BpeTraining together = Train(texts, new BpeTrainingOptions(700, SplitPattern.Gpt2) { Threads = threads });
            Assert.Equal(alone.Merges, together.Merges);
            Assert.Equal(alone.Tokens, together.Tokens);
        }
    }

    [Fact]
    public void Special_tokens_come_first_and_then_bytes_by_their_letters()
    {
        BpeTraining training = Train(["aaab"], new BpeTrainingOptions(300, SplitPattern.Gpt2) { SpecialTokens = ["<s>", "!", "</s>"] });
        Assert.Null(training.Tokens[0]);
        Assert.Equal("!"u8.ToArray(), training.Tokens[1]);
        Assert.Null(training.Tokens[2]);
        Assert.Equal("\""u8.ToArray(), training.Tokens[3]);
        Assert.Equal("\u0100", ByteLevel.Write(training.Tokens[3 + 187]));

        // "aaab" is a a twice, then aa a, a b: of equals the smaller pair first, and what is left. The vocabulary is smaller than wanted.
        Assert.Equal(["aa", "ab", "aaab"], training.Tokens.Skip(2 + 256).Select(bytes => Encoding.UTF8.GetString(bytes!)));
        Assert.Equal([training.Tokens.Count - 1], training.ToModel(SplitPattern.Gpt2).Encode("aaab"));
    }

    [Fact]
    public void A_special_token_that_merges_spell_is_that_token()
    {
        BpeTraining training = Train(["<s><s><s>"], new BpeTrainingOptions(300, SplitPattern.None) { SpecialTokens = ["<s>"] });
        Assert.Contains(training.Merges, merge => merge.Merged == 0);
        Assert.Equal("<s>"u8.ToArray(), training.Tokens[0]);
        Assert.Equal("<s><s><s>"u8.ToArray(), training.ToModel(SplitPattern.None).Decode(training.ToModel(SplitPattern.None).Encode("<s><s><s>")));
    }

    [Fact]
    public void Rare_pairs_are_not_merged() =>
        Assert.Equal([("a", "b")], Letters(Train(["ab ab cd"], new BpeTrainingOptions(300, SplitPattern.Cl100k) { MinimumFrequency = 2 })).Take(1));

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Contains("A vocabulary of 200 is too small: 1 special tokens and 256 bytes make 257", Refusal(new BpeTrainingOptions(200, SplitPattern.Gpt2)), StringComparison.Ordinal);
        Assert.Contains("The special token <s> is given twice", Refusal(new BpeTrainingOptions(300, SplitPattern.Gpt2) { SpecialTokens = ["<s>", "<s>"] }), StringComparison.Ordinal);
        Assert.Contains("A special token is empty", Refusal(new BpeTrainingOptions(300, SplitPattern.Gpt2) { SpecialTokens = [""] }), StringComparison.Ordinal);
    }

    private static string Refusal(BpeTrainingOptions options) => Assert.Throws<ArgumentException>(() => Train(["a"], options)).Message;

    [Fact]
    public void A_text_that_cannot_be_read_stops_training()
    {
        Func<Stream>[] texts = [() => new MemoryStream("abc"u8.ToArray()), () => throw new IOException("gone")];
        var options = new BpeTrainingOptions(300, SplitPattern.Gpt2) { Threads = 3 };
        Assert.Equal("gone", Assert.Throws<IOException>(() => BpeTrainer.Train(texts, options, cancellation: TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void Progress_is_told_and_training_can_be_stopped()
    {
        var reports = new List<BpeTrainingProgress>();
        using var stop = new CancellationTokenSource();
        Func<Stream>[] texts = [() => new MemoryStream(Encoding.UTF8.GetBytes(Stories.Value))];
        BpeTrainer.Train(texts, new BpeTrainingOptions(257 + 250, SplitPattern.Gpt2), reports.Add, stop.Token);
        Assert.Equal([0, 100, 200, 250], reports.Select(report => report.Merges));
        Assert.All(reports, report => Assert.Equal(Encoding.UTF8.GetByteCount(Stories.Value), report.Bytes));

        Assert.Throws<OperationCanceledException>(() => BpeTrainer.Train(texts, new BpeTrainingOptions(600, SplitPattern.Gpt2), _ => stop.Cancel(), stop.Token));
    }
}
