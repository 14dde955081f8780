using GptSharp.Data;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Sampling;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;

namespace GptSharp.Training.Tests.Input;

public sealed class TrainingDataTests
{
    [Theory]
    [InlineData(BlockAlignment.Document, null)]
    [InlineData(BlockAlignment.Document, 7L)]
    [InlineData(BlockAlignment.Stream, null)]
    [InlineData(BlockAlignment.Stream, 5L)]
    public void The_floor_is_the_mean_surprise_of_exactly_the_characters_scored(BlockAlignment alignment, long? limit)
    {
        const int length = 256;
        using TrainingData data = TrainingData.Open(new DataSection { StoriesCharacters = 100_000, ValidationShare = 0.1 });
        var blocks = new EvaluationBlocks(data.Blocks(Split.Validation, length, alignment)!, limit);

        // The straightforward way: score every story from its own first character, then pick what the blocks score.
        StoryGrammar grammar = StoryGrammar.BuiltIn;
        string text = Decode(data);
        List<double> surprises = [double.NaN];
        foreach (string story in text[1..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            StoryScorer scorer = grammar.CreateScorer();
            surprises.AddRange((story + "\n").Select(scorer.Read));
        }

        double sum = 0;
        int scored = 0;
        var (tokens, targets) = (new int[length], new int[length]);
        for (long block = 0; block < blocks.Count; block++)
        {
            blocks.Read(block, tokens, targets);
            for (int i = 0; i < length; i++)
            {
                if (targets[i] >= 0)
                {
                    long position = blocks.StartOf(block) + i + 1;
                    Assert.Equal(text[(int)position], data.Tokenizer.Decode([targets[i]])[0]);
                    sum += surprises[(int)position];
                    scored++;
                }
            }
        }

        Assert.Equal(sum / scored, StoryFloor.Of(grammar, data.Tokenizer, blocks), 1e-12);
        if (limit is null)
        {
            Assert.Equal(text.Length - 1, scored); // every character once
            Assert.Equal(1, sum / scored / grammar.EntropyPerCharacter, 0.02);
        }
    }

    [Fact]
    public void In_document_blocks_the_context_reaches_the_story_s_start()
    {
        const int length = 256;
        using TrainingData data = TrainingData.Open(new DataSection { StoriesCharacters = 50_000, ValidationShare = 0.2 });
        BlockSet split = data.Blocks(Split.Validation, length, BlockAlignment.Document)!;
        var blocks = new EvaluationBlocks(split);
        string text = Decode(data);
        var (tokens, targets) = (new int[length], new int[length]);
        for (long block = 0; block < blocks.Count; block++)
        {
            long start = blocks.StartOf(block);
            Assert.Equal('\n', text[(int)start]);
            blocks.Read(block, tokens, targets);
            for (int i = 0; i < length; i++)
            {
                if (targets[i] >= 0)
                {
                    int position = (int)start + i + 1;
                    Assert.True(text.LastIndexOf('\n', position - 1) >= start);
                }
            }
        }
    }

    [Theory]
    [InlineData("tinyshakespeare", "gptsharp data get tinyshakespeare")]
    [InlineData("my-texts", "gptsharp data prepare TEXT --out")]
    public void A_data_set_that_is_absent_names_the_command_that_gets_it(string name, string command)
    {
        var error = Assert.Throws<CorpusException>(() => TrainingData.Open(new DataSection { Name = name }));
        Assert.Contains(command, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("data", name), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_may_be_a_prepared_folder_or_plain_text()
    {
        using var folder = new TemporaryFolder();
        string text = folder.At("text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("to be or not to be\n", 100)));
        DatasetBuilder.Build(TextCorpus.Open(text), folder.At("prepared"), new DatasetOptions { ValidationShare = 0.1 }, null, TestContext.Current.CancellationToken);

        using TrainingData plain = TrainingData.Open(new DataSection { Name = "bard", Path = text });
        using TrainingData prepared = TrainingData.Open(new DataSection { Name = "bard", Path = folder.At("prepared") });

        using TrainingData nameless = TrainingData.Open(new DataSection { Path = folder.At("prepared") });

        Assert.Equal(("bard (1,900 characters)", $"{folder.At("prepared")} (1,900 characters)"), (prepared.Description, nameless.Description));
        Assert.Equal(plain.Identity, prepared.Identity);
        Assert.Equal(plain.Training.Count, prepared.Training.Count);
        Assert.Equal(TokenizerFile.ToJson(plain.Tokenizer), TokenizerFile.ToJson(prepared.Tokenizer));
        Assert.Null(prepared.StopToken);
        Assert.Equal("\n", prepared.Tokenizer.Decode([prepared.StartToken]));
    }

    [Fact]
    public void The_separator_is_the_line_feed_of_stories_and_elsewhere_what_the_configuration_names()
    {
        using TrainingData stories = TrainingData.Open(new DataSection { StoriesCharacters = 10_000 });
        var section = new DataSection();
        Assert.Equal("\n", stories.Tokenizer.Decode([stories.SeparatorToken(section)!.Value]));
        Assert.Equal("a", stories.Tokenizer.Decode([stories.SeparatorToken(section with { Separator = "a" })!.Value]));
        Assert.Null(stories.SeparatorToken(section with { Name = "other" }));
        foreach (string text in (string[])["ab", "漢"])
        {
            ConfigurationException error = Assert.Throws<ConfigurationException>(() => stories.SeparatorToken(section with { Separator = text }));
            Assert.Equal("data.separator", error.Key);
            Assert.Contains("is not one token of data.tokenizer (char)", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_prepared_otherwise_than_the_configuration_says_is_refused()
    {
        using var folder = new TemporaryFolder();
        string text = folder.At("text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("to be or not to be\n", 100)));
        DatasetBuilder.Build(TextCorpus.Open(text), folder.At("prepared"), new DatasetOptions { ValidationShare = 0.1 }, null, TestContext.Current.CancellationToken);

        Assert.Equal("data.tokenizer", Problem(section => section with { Tokenizer = "byte" }).Key);
        Assert.Equal("data.validation_share", Problem(section => section with { ValidationShare = 0.2 }).Key);

        ConfigurationException Problem(Func<DataSection, DataSection> change) => Assert.Throws<ConfigurationException>(
            () => TrainingData.Open(change(new DataSection { Name = "bard", Path = folder.At("prepared") })));
    }

    [Fact]
    public void A_prepared_folder_brings_its_shares_unless_the_configuration_names_others()
    {
        using var folder = new TemporaryFolder();
        string text = folder.At("text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("to be or not to be\n", 100)));
        DatasetBuilder.Build(
            TextCorpus.Open(text), folder.At("prepared"), new DatasetOptions { ValidationShare = 0.2, TestShare = 0.3 }, null, TestContext.Current.CancellationToken);
        string[] path = [$"data.path={folder.At("prepared")}"];

        using TrainingData data = TrainingData.Open(Section());
        using TrainingData same = TrainingData.Open(Section("data.validation_share=0.2", "data.test_share=0.3"));
        Assert.Equal((950, 380, 570), (data.Training.Count, data.Validation!.Count, data.Test!.Count));
        Assert.Equal("data.validation_share", Problem("data.validation_share=0.1"));
        Assert.Equal("data.test_share", Problem("data.test_share=0"));

        DataSection Section(params string[] shares) => RunConfigReader.Parse("train:\n", "some.yaml", [.. path, .. shares]).Data;
        string? Problem(string share) => Assert.Throws<ConfigurationException>(() => TrainingData.Open(Section(share))).Key;
    }

    [Fact]
    public void A_text_shorter_than_a_block_is_refused_with_both_lengths()
    {
        using var folder = new TemporaryFolder();
        string text = folder.At("text.txt");
        File.WriteAllText(text, "a short text, much too short");
        using TrainingData data = TrainingData.Open(new DataSection { Name = "short", Path = text });

        var error = Assert.Throws<CorpusException>(() => data.Blocks(Split.Training, 64, BlockAlignment.Stream));

        Assert.Contains("block of 64 needs 65", error.Message, StringComparison.Ordinal);
    }

    private static string Decode(TrainingData data)
    {
        var tokens = new int[data.Validation!.Count];
        data.Validation.Read(0, tokens);
        return data.Tokenizer.Decode(tokens);
    }
}
