using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Inference.Tests;

public sealed class GeneratorTests
{
    private static readonly int[][] Prompts =
    [
        [3],
        [1, 4, 1],
        [5, 9, 2, 6, 5, 3, 5],
        [8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9],
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static IReadOnlyList<int[]> Generate(Gpt model, int[][] prompts, SamplingOptions options) =>
        new Generator(model).Generate(prompts, options, null, Cancellation);

    // The scores of the next token straight from the model, without padding.
    private static double[] Scores(Gpt model, int[] tokens)
    {
        using Step step = model.Engine.BeginStep(StepOptions.Evaluate);
        double[] all = model.Forward(step.Input(tokens, (1, tokens.Length))).ToDoubles();
        return all[((tokens.Length - 1) * model.Config.PaddedVocabularySize)..][..model.Config.VocabularySize];
    }

    public static TheoryData<string, double, int> Ways => new()
    {
        { "cpu", 0, 6 }, { "cpu", 1, 6 }, { "cpu", 0, 60 }, { "cpu", 1, 60 }, { "reference", 0, 30 }, { "reference", 1, 30 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_cache_changes_no_token(string backend, double temperature, int length)
    {
        using var tiny = new TinyModel(backend);
        var options = new SamplingOptions { Temperature = temperature, MaxTokens = length, Seed = 5, StopToken = 10 };
        IReadOnlyList<int[]> cached = Generate(tiny.Model, Prompts, options);
        Assert.Equal(Generate(tiny.Model, Prompts, options with { UseCache = false }), cached);
        Assert.All(cached, tokens => Assert.All(tokens, token => Assert.InRange(token, 0, TinyModel.Vocabulary - 1)));
    }

    [Theory]
    [InlineData("documents")]
    [InlineData("window")]
    [InlineData("llama")]
    [InlineData("llama with all options")]
    public void The_cache_changes_no_token_of_any_shape(string shape)
    {
        foreach (string backend in (string[])["cpu", "reference"])
        {
            using var tiny = new TinyModel(backend, shape: shape);
            var options = new SamplingOptions { MaxTokens = 40, Seed = 5, StopToken = 10 };
            IReadOnlyList<int[]> cached = Generate(tiny.Model, Prompts, options);
            Assert.Equal(Generate(tiny.Model, Prompts, options with { UseCache = false }), cached);
        }
    }

    [Fact]
    public void A_large_batch_that_is_fed_in_chunks_gets_the_same_tokens()
    {
        using var tiny = new TinyModel(block: 64);
        int[][] prompts = [.. Enumerable.Range(0, 150).Select(i => Enumerable.Range(i, 1 + (i % 50)).Select(j => j * j % 11).ToArray())];
        var options = new SamplingOptions { MaxTokens = 12, StopToken = 4 };
        IReadOnlyList<int[]> cached = Generate(tiny.Model, prompts, options);
        Assert.Equal(Generate(tiny.Model, prompts, options with { UseCache = false }), cached);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Greedy_takes_the_likeliest_token_of_the_window(string backend)
    {
        using var tiny = new TinyModel(backend);
        IReadOnlyList<int[]> texts = Generate(tiny.Model, Prompts, new SamplingOptions { Temperature = 0, MaxTokens = 40 });
        for (int i = 0; i < Prompts.Length; i++)
        {
            List<int> tokens = [.. Prompts[i]];
            foreach (int token in texts[i])
            {
                // The block is 16: at 17 tokens the window begins at 8, at 25 at 16, and so on.
                int start = tokens.Count <= 16 ? 0 : (tokens.Count - 9) / 8 * 8;
                double[] scores = Scores(tiny.Model, [.. tokens[start..]]);
                Assert.Equal(Array.IndexOf(scores, scores.Max()), token);
                tokens.Add(token);
            }

            Assert.Equal(Prompts[i].Length + 40, tokens.Count);
        }
    }

    [Theory]
    [InlineData(1, null, 1)]
    [InlineData(0.6, 7, 1)]
    [InlineData(1.3, 9, 0.85)]
    public void Drawn_frequencies_are_the_exact_probabilities(double temperature, int? topK, double topP)
    {
        const int parts = 20, partSize = 10_000, total = parts * partSize;
        using var tiny = new TinyModel(deviation: 0.15);
        int[] prompt = [2];
        double[] exact = EnumeratedDistribution.Of(Scores(tiny.Model, prompt), temperature, topK, topP);
        Assert.InRange(exact.Count(p => p > 0.01), 3, 11);
        int[][] prompts = [.. Enumerable.Repeat(prompt, partSize)];
        var counts = new int[TinyModel.Vocabulary];
        for (int part = 0; part < parts; part++)
        {
            var options = new SamplingOptions
            {
                Temperature = temperature,
                TopK = topK,
                TopP = topP,
                Seed = 11,
                MaxTokens = 1,
                FirstSequence = part * partSize,
            };
            foreach (int[] text in Generate(tiny.Model, prompts, options))
            {
                counts[text.Single()]++;
            }
        }

        for (int token = 0; token < counts.Length; token++)
        {
            double sigma = Math.Sqrt(total * exact[token] * (1 - exact[token]));
            Assert.InRange(counts[token] - (total * exact[token]), -5 * sigma, 5 * sigma);
        }
    }

    [Fact]
    public void A_text_does_not_depend_on_the_batch_around_it()
    {
        using var tiny = new TinyModel();
        var options = new SamplingOptions { MaxTokens = 50, Seed = 3, StopToken = 10 };
        IReadOnlyList<int[]> together = Generate(tiny.Model, Prompts, options);
        for (int i = 0; i < Prompts.Length; i++)
        {
            Assert.Equal(together[i], Generate(tiny.Model, [Prompts[i]], options with { FirstSequence = i })[0]);
        }
    }

    [Fact]
    public void A_text_continues_as_if_it_had_been_the_prompt()
    {
        using var tiny = new TinyModel();
        var options = new SamplingOptions { MaxTokens = 50, Seed = 3 };
        int[] whole = Generate(tiny.Model, [[4, 2]], options)[0];
        for (int done = 1; done < whole.Length; done += 7)
        {
            int[] rest = Generate(tiny.Model, [[4, 2, .. whole[..done]]], options with { MaxTokens = 50 - done })[0];
            Assert.Equal(whole[done..], rest);
        }
    }

    [Fact]
    public void Seeds_and_sequences_draw_differently_and_repeat_exactly()
    {
        using var tiny = new TinyModel(deviation: 0.1);
        int[][] same = [[5], [5], [5]];
        var options = new SamplingOptions { MaxTokens = 40 };
        IReadOnlyList<int[]> first = Generate(tiny.Model, same, options);
        IReadOnlyList<int[]> other = Generate(tiny.Model, same, options with { Seed = 1UL << 40 });
        Assert.Equal(6, first.Concat(other).Select(text => string.Join(' ', text)).Distinct().Count());
        Assert.Equal(first, Generate(tiny.Model, same, options));
    }

    [Fact]
    public void A_stop_token_ends_its_sequence_and_changes_no_other()
    {
        using var tiny = new TinyModel(deviation: 0.15);
        int[][] prompts = [.. Enumerable.Range(0, 12).Select(i => new[] { i % 11, 3 })];
        var options = new SamplingOptions { MaxTokens = 30 };
        IReadOnlyList<int[]> endless = Generate(tiny.Model, prompts, options);
        IReadOnlyList<int[]> stopped = Generate(tiny.Model, prompts, options with { StopToken = 6 });
        for (int i = 0; i < prompts.Length; i++)
        {
            int place = Array.IndexOf(endless[i], 6);
            Assert.Equal(place < 0 ? endless[i] : endless[i][..(place + 1)], stopped[i]);
        }

        // Some stop early, and one at least goes on after most have left.
        Assert.InRange(stopped.Select(text => text.Length).Distinct().Count(), 5, 12);
    }

    [Fact]
    public void The_single_likeliest_token_is_the_greedy_one()
    {
        using var tiny = new TinyModel();
        var greedy = new SamplingOptions { Temperature = 0, MaxTokens = 30 };
        Assert.Equal(
            Generate(tiny.Model, Prompts, greedy),
            Generate(tiny.Model, Prompts, greedy with { Temperature = 1.5, TopK = 1 }));
    }

    [Fact]
    public void Tokens_are_reported_as_they_are_drawn()
    {
        using var tiny = new TinyModel();
        List<(int Sequence, int Token)> seen = [];
        IReadOnlyList<int[]> texts = new Generator(tiny.Model).Generate(
            Prompts, new SamplingOptions { MaxTokens = 5 }, (sequence, token) => seen.Add((sequence, token)), Cancellation);
        IEnumerable<(int, int)> expected = Enumerable.Range(0, 5)
            .SelectMany(place => Enumerable.Range(0, Prompts.Length).Select(sequence => (sequence, texts[sequence][place])));
        Assert.Equal(expected, seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cancelling_ends_it_before_the_next_token(bool useCache)
    {
        using var tiny = new TinyModel();
        using var cancellation = new CancellationTokenSource();
        int count = 0;
        void Count(int sequence, int token)
        {
            if (++count == 3)
            {
                cancellation.Cancel();
            }
        }

        Assert.Throws<OperationCanceledException>(() => new Generator(tiny.Model).Generate(
            [[1]], new SamplingOptions { UseCache = useCache }, Count, cancellation.Token));
        Assert.Equal(3, count);
    }

    [Fact]
    public void Prompts_that_the_model_cannot_continue_are_refused()
    {
        using var tiny = new TinyModel();
        string Refusal(params int[][] prompts) =>
            Assert.Throws<ConfigurationException>(() => Generate(tiny.Model, prompts, new SamplingOptions())).Message;
        Assert.Equal("Prompt 2 is empty, but a model can only continue; give it at least one token.", Refusal([1], []));
        Assert.Equal(
            "Prompt 1 has token 11 at place 2, but the model knows tokens 0 to 10; use the tokenizer that it was trained with.",
            Refusal([1, 11]));
        Assert.Equal(
            "Prompt 1 has token -1 at place 1, but the model knows tokens 0 to 10; use the tokenizer that it was trained with.",
            Refusal([-1]));
        Assert.Empty(Generate(tiny.Model, [], new SamplingOptions()));
    }

    [Fact]
    public void Its_cache_is_given_back()
    {
        using var tiny = new TinyModel();
        long before = tiny.Model.Engine.ReportMemory().Sessions;
        Generate(tiny.Model, Prompts, new SamplingOptions { MaxTokens = 40, StopToken = 2 });
        Assert.Equal(before, tiny.Model.Engine.ReportMemory().Sessions);
    }

    public static MatrixTheoryData<string, bool, bool> Transformers => new(["hf-gpt2", "hf-llama"], [false, true], [false, true]);

    [Theory]
    [MemberData(nameof(Transformers))]
    public void Greedy_texts_of_a_transformers_model_are_those_of_transformers(string name, bool onCpu, bool useCache)
    {
        string folder = Path.Combine(Golden.Folder, "interop", name);
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        int[][] Rows(string name, int width) =>
            [.. expected.ReadIntegers(name).Select(token => (int)token).Chunk(width)];
        int[][] prompts = Rows("input_ids", 24), texts = Rows("greedy_ids", 24);
        int[] shortText = Rows("short_greedy_ids", 16)[0];

        using var engine = new Engine(onCpu ? new CpuBackend() : new ReferenceBackend());
        using Gpt model = ModelFolder.Load(folder, engine, onCpu ? Precision.Fp32 : Precision.Fp64);
        IReadOnlyList<int[]> actual = Generate(
            model, [prompts[0], prompts[1], prompts[1][..11]],
            new SamplingOptions { Temperature = 0, MaxTokens = 24, UseCache = useCache });
        Assert.Equal(texts, actual.Take(2));
        Assert.Equal(shortText, actual[2].Take(16));
    }
}
