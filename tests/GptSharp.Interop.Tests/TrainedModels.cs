using System.Text;
using GptSharp.Data.Sampling;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

[assembly: AssemblyFixture(typeof(GptSharp.Interop.Tests.TrainedModels))]

namespace GptSharp.Interop.Tests;

/// <summary>
/// Models that were trained for some steps, once for all tests, until they know a page of text by heart: so the likeliest token leads the second
/// by far more than programs differ. <see cref="Quickstart"/> has the shape of <c>configs/quickstart.yaml</c>. The page is from the built-in
/// stories; or it is several, from the file that the environment variable GPTSHARP_TINYSHAKESPEARE names, in more steps.
/// </summary>
public sealed class TrainedModels : IDisposable
{
    /// <summary>GPT-2 on characters, of the quickstart's size.</summary>
    public const string Quickstart = "quickstart";

    /// <summary>A small GPT-2 on byte-level BPE with 512 tokens, in a table of 520 rows.</summary>
    public const string Gpt2 = "gpt2-bpe";

    /// <summary>A small Llama on the same tokens, with two key heads and a head of its own.</summary>
    public const string Llama = "llama-bpe";

    private const int SequenceLength = 96;
    private static readonly string? Shakespeare = Environment.GetEnvironmentVariable("GPTSHARP_TINYSHAKESPEARE") is { Length: > 0 } path ? path : null;
    private static readonly (int PageLength, int Steps) Lesson = Shakespeare is null ? (1_500, 150) : (15_000, 1_500);
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Lazy<(string Folder, ITokenizer Tokenizer)>> _trained;
    private readonly Lazy<string> _text = new(() => Shakespeare is not null
        ? File.ReadAllText(Shakespeare)
        : StoryCorpus.Write(StoryGrammar.BuiltIn, seed: 1, characters: 100_000, validationShare: 0, testShare: 0).Training.Text);

    private readonly Lazy<ITokenizer> _pairs;

    public TrainedModels()
    {
        _pairs = new(() => TextTokenizer.Of(
            BpeTrainer.Train([() => new MemoryStream(Encoding.UTF8.GetBytes(_text.Value))], new BpeTrainingOptions(512, SplitPattern.Gpt2)),
            SplitPattern.Gpt2));
        _trained = new(StringComparer.Ordinal)
        {
            [Quickstart] = new(() => Train(Quickstart, CharTokenizer.Of(_text.Value), new GptConfig
            {
                VocabularySize = CharTokenizer.Of(_text.Value).VocabularySize,
                BlockSize = 256,
                LayerCount = 3,
                HeadCount = 4,
                Width = 128,
            })),
            [Gpt2] = new(() => Train(Gpt2, _pairs.Value, new GptConfig
            {
                VocabularySize = _pairs.Value.VocabularySize + 8,
                BlockSize = 128,
                LayerCount = 2,
                HeadCount = 4,
                Width = 64,
            })),
            [Llama] = new(() => Train(Llama, _pairs.Value, new GptConfig
            {
                VocabularySize = _pairs.Value.VocabularySize,
                BlockSize = 128,
                LayerCount = 2,
                HeadCount = 4,
                KeyHeadCount = 2,
                Width = 64,
                MlpWidth = 160,
                Bias = false,
                TieHead = false,
                Norm = NormKind.RMSNorm,
                Activation = MlpActivation.Swiglu,
                Positions = PositionEncoding.Rope,
            })),
        };
    }

    /// <summary>The page that the models learnt; the tokenizers know the whole text.</summary>
    public string Page => _text.Value[..Lesson.PageLength];

    /// <summary>Opens a trained model, training it first if nobody has.</summary>
    public ModelPackage Open(string name, Engine engine)
    {
        (string folder, ITokenizer tokenizer) = _trained[name].Value;
        return new ModelPackage(ModelFolder.Load(folder, engine, Precision.Fp32), tokenizer, GenerationDefaults.None);
    }

    /// <summary>
    /// Beginnings of texts that the model continues for <paramref name="least"/> tokens or more before two logits come closer than
    /// <paramref name="smallestGap"/>, with these continuations of at most 64 tokens.
    /// </summary>
    internal IReadOnlyList<(string Prompt, int[] Tokens, int[] Continuation)> Prompts(ModelPackage package, double smallestGap, int count = 2, int least = 48)
    {
        var found = new List<(string, int[], int[])>();
        const int length = 24;
        for (int start = 0; found.Count < count && start < Page.Length - length; start += Page.Length / 40)
        {
            string prompt = Page.Substring(start, length);
            int[] tokens = package.Tokenizer!.Encode(prompt);
            int[] continuation = Predictions.Greedy(package.Model, tokens, 64, smallestGap);
            if (continuation.Length >= least)
            {
                found.Add((prompt, tokens, continuation));
            }
        }

        Assert.True(found.Count == count, $"only {found.Count} of 40 prompts go on for {least} tokens without two logits closer than {smallestGap}");
        return found;
    }

    public void Dispose() => _folder.Dispose();

    private (string Folder, ITokenizer Tokenizer) Train(string name, ITokenizer tokenizer, GptConfig config)
    {
        using var engine = new Engine(new CpuBackend());
        using var model = new Gpt(engine, config);
        model.Initialize(seed: 1);
        var blocks = new BlockSet(new MemoryTokens(tokenizer.Encode(Page), config.VocabularySize), SequenceLength, BlockAlignment.Stream);
        var optimizer = new AdamW(model.Arena, new AdamWOptions(Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, GradientClip: 1));
        var schedule = new LearningRateSchedule(ScheduleShape.Cosine, Peak: 3e-3, Minimum: 1e-4, WarmupSteps: 10, Lesson.Steps);
        var training = new TrainStep(model, optimizer, new BatchSampler(blocks, seed: 1, batchSize: 8), schedule, seed: 1, microBatch: 8);
        for (int step = 0; step < Lesson.Steps; step++)
        {
            training.Run(step, batch: step);
        }

        string folder = _folder.At(name);
        ModelFolder.Save(folder, model);
        return (folder, tokenizer);
    }
}
