using GptSharp.Files.Safetensors;
using GptSharp.Inference;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Interop.Tests.HuggingFace;

/// <summary>Folders of every architecture against results that others computed: transformers, and for the rest a torch program of a page.</summary>
public sealed class ArchitectureTests
{
    public static TheoryData<string, bool> Models
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string name in new[] { "interop/hf-gpt2", "interop/hf-llama" }.Concat(Own))
            {
                data.Add(name, true);
                data.Add(name, false);
            }

            return data;
        }
    }

    public static TheoryData<string, bool> OwnModels
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string name in Own)
            {
                data.Add(name, true);
                data.Add(name, false);
            }

            return data;
        }
    }

    private static IEnumerable<string> Own =>
        new[] { "mistral", "qwen2", "qwen2-window", "qwen3", "llama3", "llama-mlp-bias" }.Select(name => $"interop-own/{name}");

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_and_log_probabilities_are_theirs(string name, bool reference)
    {
        using var engine = new Engine(reference ? new ReferenceBackend() : new CpuBackend(2));
        using ModelPackage package = Open(name, engine, reference);
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Golden.Folder, name, "expected.safetensors"));
        SafetensorsEntry ids = golden["input_ids"];
        int[] tokens = Array.ConvertAll(golden.ReadIntegers("input_ids"), token => (int)token);
        double[] expected = golden.ReadDoubles("logits_f64");
        GptConfig config = package.Model.Config;
        double tolerance = reference ? 1e-9 : 5e-5;

        using Step step = engine.BeginStep(StepOptions.Evaluate);
        double[] padded = package.Model.Forward(step.Input(tokens, ((int)ids.Shape[0], (int)ids.Shape[1]))).ToDoubles();
        double[][] rows = [.. padded.Chunk(config.PaddedVocabularySize).Select(row => row[..config.VocabularySize])];

        Assert.Equal(expected.Length, rows.Length * config.VocabularySize);
        Assert.All(expected.Zip(rows.SelectMany(row => row)), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));
        if (golden.Find("logprobs_f64") is not null)
        {
            // (B, T - 1): of each token but the first, after those before it.
            int length = (int)ids.Shape[1];
            IEnumerable<double> ours = Enumerable.Range(0, rows.Length)
                .Where(i => (i % length) + 1 < length)
                .Select(i => rows[i][tokens[i + 1]] - LogSum(rows[i]));
            Assert.All(golden.ReadDoubles("logprobs_f64").Zip(ours), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));
        }
    }

    [Theory]
    [MemberData(nameof(OwnModels))]
    public void Greedy_tokens_are_theirs_with_the_cache_and_without(string name, bool useCache)
    {
        using var engine = new Engine(new CpuBackend(2));
        using ModelPackage package = Open(name, engine, reference: false);
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Golden.Folder, name, "expected.safetensors"));
        int[] prompt = [.. golden.ReadIntegers("input_ids").Take(8).Select(token => (int)token)];

        int[] tokens = new Generator(package.Model).Generate(
            [prompt], new SamplingOptions { Temperature = 0, MaxTokens = 16, UseCache = useCache },
            cancellation: TestContext.Current.CancellationToken)[0];

        Assert.Equal(golden.ReadIntegers("greedy_ids"), tokens.Select(token => (long)token));
    }

    private static ModelPackage Open(string name, Engine engine, bool reference) =>
        ModelPackage.Open(Path.Combine(Golden.Folder, name), engine, reference ? Precision.Fp64 : Precision.Fp32);

    private static double LogSum(double[] row) => row.Max() + Math.Log(row.Sum(logit => Math.Exp(logit - row.Max())));
}
