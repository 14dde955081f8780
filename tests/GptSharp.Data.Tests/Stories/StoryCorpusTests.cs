using GptSharp.Data.Stories;

namespace GptSharp.Data.Tests.Stories;

public sealed class StoryCorpusTests
{
    private static readonly StoryGrammar Grammar = StoryGrammar.BuiltIn;

    [Fact]
    public void The_mean_surprise_of_ten_million_characters_is_the_closed_form()
    {
        StoryScorer scorer = Grammar.CreateScorer();
        double sum = 0;
        long count = 0;
        for (long index = 0; count < 10_000_000; index++)
        {
            foreach (char character in Grammar.Write(seed: 3, index))
            {
                sum += scorer.Read(character);
                count++;
            }
        }

        Assert.True(scorer.IsAtStart);
        Assert.Equal(1, sum / count / Grammar.EntropyPerCharacter, 0.005);
    }

    [Fact]
    public void A_five_gram_model_of_characters_stays_far_above_the_floor()
    {
        const int context = 4;
        StoryCorpus corpus = StoryCorpus.Write(Grammar, seed: 1, characters: 4_000_000, validationShare: 0.1, testShare: 0);
        (string training, string validation) = (corpus.Training.Text, corpus.Validation.Text);
        Dictionary<string, Dictionary<char, int>> counts = [];
        for (int i = context; i < training.Length; i++)
        {
            string before = training[(i - context)..i];
            Dictionary<char, int> next = counts.TryGetValue(before, out Dictionary<char, int>? known) ? known : counts[before] = [];
            next[training[i]] = next.GetValueOrDefault(training[i]) + 1;
        }

        // The best possible use of five-grams: judged by its own training text, where the counts are the exact frequencies.
        double sum = 0;
        foreach (Dictionary<char, int> next in counts.Values)
        {
            double total = next.Values.Sum();
            sum -= next.Values.Sum(count => count * Math.Log(count / total));
        }

        double loss = sum / (training.Length - context);
        Assert.True(loss > 1.15 * Grammar.EntropyPerCharacter, $"{loss} against {Grammar.EntropyPerCharacter}");
        Assert.True(validation.Length > 300_000);
    }

    [Fact]
    public void No_story_is_in_two_splits_and_all_are_the_grammars()
    {
        StoryCorpus corpus = StoryCorpus.Write(Grammar, seed: 1, characters: 1_000_000, validationShare: 0.1, testShare: 0.05);
        string[] training = StoriesOf(corpus.Training);
        string[] validation = StoriesOf(corpus.Validation);
        string[] test = StoriesOf(corpus.Test);
        Assert.Empty(training.Intersect(validation));
        Assert.Empty(training.Intersect(test));
        Assert.Empty(validation.Intersect(test));
        int all = training.Length + validation.Length + test.Length;
        Assert.InRange(validation.Length, 0.08 * all, 0.12 * all);
        Assert.InRange(test.Length, 0.035 * all, 0.065 * all);
        Assert.All(training.Concat(validation).Concat(test), story => Assert.True(Grammar.Accepts(story + "\n")));
    }

    [Fact]
    public void Documents_begin_at_the_separator_before_a_story()
    {
        StoryCorpus corpus = StoryCorpus.Write(Grammar, seed: 2, characters: 20_000, validationShare: 0, testShare: 0);
        Assert.Equal(0, corpus.Training.Starts[0]);
        Assert.All(corpus.Training.Starts, start => Assert.Equal(StorySplit.Separator, corpus.Training.Text[(int)start]));
        Assert.Equal(corpus.Training.Starts.Count + 1, corpus.Training.Text.Count(character => character == StorySplit.Separator));
    }

    [Fact]
    public void The_same_seed_writes_the_same_corpus_and_another_seed_another()
    {
        Assert.Equal(Training(1), Training(1));
        Assert.NotEqual(Training(1), Training(2));

        static string Training(ulong seed) => StoryCorpus.Write(Grammar, seed, 10_000, 0.1, 0).Training.Text;
    }

    [Fact]
    public void Stories_fit_the_block_of_the_quickstart_and_use_its_alphabet()
    {
        Assert.InRange(Grammar.LongestLength, Grammar.MeanLength, 256);
        for (int i = 0; i < 2000; i++)
        {
            string story = Grammar.Write(5, i);
            Assert.True(story.Length <= Grammar.LongestLength);
            Assert.Empty(story.Except(Grammar.Alphabet));
        }
    }

    private static string[] StoriesOf(StorySplit split) => split.Text.Split(StorySplit.Separator, StringSplitOptions.RemoveEmptyEntries);
}
