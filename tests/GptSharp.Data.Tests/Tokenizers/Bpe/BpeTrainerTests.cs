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
}
