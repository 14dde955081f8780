using System.Text.Json.Nodes;
using GptSharp.Data.Tokenizers;
using GptSharp.Inference;
using GptSharp.Interop.Onnx;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Nn.Tests;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>Exported folders: what is in them, and what transformers.js writes with them.</summary>
public sealed class OnnxFolderTests
{
    private const int NewTokens = 24;

    private static readonly GenerationDefaults Padded = new(BeginToken: 0, EndTokens: [], PaddingToken: 0);

    [Fact]
    public void Transformers_js_writes_the_same_greedy_text()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        ITokenizer bpe = TokenizerFile.Load(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512"));
        ITokenizer characters = CharTokenizer.Of("abcdefghijklmnopqrstuvwxyz ,.!?'\n");
        string[] texts = ["First Citizen:\nBefore we", "Hello there", "  two spaces"];
        string[] lowerCase = ["once upon a time", "the fox, ", "a"];
        (string Name, ModelPackage Package, string[] Prompts)[] models =
        [
            ("gpt2", OfGolden("hf-gpt2", bpe, engine), texts),
            ("llama", OfGolden("hf-llama", bpe, engine), texts),
            ("characters", OfOptions("llama", characters, engine), lowerCase),
            ("no architecture", OfOptions("alibi", characters, engine), lowerCase),
        ];
        foreach ((string name, ModelPackage package, _) in models)
        {
            package.Save(folder.At(name), new OnnxFormat(), new ExportOptions());
        }

        IReadOnlyList<TransformersJs.Result> results = TransformersJs.GenerateOrSkip(
            [.. models.Select(model => new TransformersJs.Job(folder.At(model.Name), model.Prompts, NewTokens))]);

        foreach (((_, ModelPackage package, string[] prompts), TransformersJs.Result result) in models.Zip(results))
        {
            AssertGreedy(package, prompts, result, hasPadding: package.Tokenizer == bpe);
            package.Dispose();
        }
    }

    [Fact]
    public void Files_of_external_data_and_of_float16_are_found_by_transformers_js()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = OfGolden("hf-llama", TokenizerFile.Load(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512")), engine);
        string[] prompts = ["First Citizen:\nBefore we"];

        // What float16 rounds is rounded first, so that both files hold the same numbers.
        foreach (var parameter in package.Model.Arena.Parameters)
        {
            parameter.Value.UploadDoubles(Array.ConvertAll(parameter.Value.ToDoubles(), value => (double)(Half)value));
        }

        package.Save(folder.At("f32"), new OnnxFormat { LargestFile = 100_000 }, new ExportOptions());
        package.Save(folder.At("f16"), new OnnxFormat { LargestFile = 100_000 }, new ExportOptions(WeightType.F16));

        Assert.Equal(["model.onnx", "model.onnx_data"], Names("f32"));
        Assert.Equal(["model_fp16.onnx", "model_fp16.onnx_data"], Names("f16"));
        Assert.InRange(Length("f16", "model_fp16.onnx_data"), 0.5 * Length("f32", "model.onnx_data"), 0.6 * Length("f32", "model.onnx_data"));
        foreach (TransformersJs.Result result in TransformersJs.GenerateOrSkip(
            new TransformersJs.Job(folder.At("f32"), prompts, NewTokens, Dtype: null),
            new TransformersJs.Job(folder.At("f16"), prompts, NewTokens, Dtype: null)))
        {
            AssertGreedy(package, prompts, result, hasPadding: false);
        }

        IEnumerable<string?> Names(string name) => Directory.GetFiles(folder.At(name, "onnx")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        double Length(string name, string file) => new FileInfo(folder.At(name, "onnx", file)).Length;
    }

    [Fact]
    public void A_folder_has_every_file_that_transformers_js_looks_for()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = OfGolden("hf-gpt2", TokenizerFile.Load(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512")), engine);

        package.Save(folder.At("model"), new OnnxFormat(), new ExportOptions());

        Assert.Equal(
            ["config.json", "generation_config.json", "onnx/model.onnx", "tokenizer.json", "tokenizer_config.json"],
            Directory.GetFiles(folder.At("model"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder.At("model"), file)).Order(StringComparer.Ordinal));
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder.At("model", "config.json")))!;
        Assert.Equal(("gpt2", 3, 0), ((string)config["model_type"]!, (int)config["n_layer"]!, (int)config["bos_token_id"]!));
        Assert.Null(config["transformers.js_config"]);
    }

    [Fact]
    public void Document_masking_is_refused_by_name()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = OfOptions("documents", CharTokenizer.Of("abcdef"), engine);

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => package.Save(folder.At("model"), new OnnxFormat(), new ExportOptions()));

        Assert.Contains("model.document_mask", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_number_beyond_float16_is_refused_by_its_tensor()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = OfOptions("plain", CharTokenizer.Of("abcdef"), engine);
        var bias = package.Model.Arena.Parameters.Single(parameter => parameter.Name == "ln_f.bias");
        bias.Value.UploadDoubles([.. Enumerable.Repeat(1e5, bias.Value.Shape.Last)]);

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => package.Save(folder.At("model"), new OnnxFormat(), new ExportOptions(WeightType.F16)));

        Assert.Contains("'ln_f.bias' holds 100000", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static void AssertGreedy(ModelPackage package, string[] prompts, TransformersJs.Result result, bool hasPadding)
    {
        int[][] ids = [.. prompts.Select(package.Tokenizer!.Encode)];
        IReadOnlyList<int[]> ours = new Generator(package.Model).Generate(
            ids, new SamplingOptions { Temperature = 0, MaxTokens = NewTokens }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(ids, result.Alone.Select(alone => alone.Prompt));
        Assert.Equal(ours, result.Alone.Select(alone => alone.Ids));
        Assert.Equal(ids.Zip(ours).Select(pair => package.Tokenizer.Decode([.. pair.First, .. pair.Second])), result.Alone.Select(alone => alone.Text));
        Assert.Equal(hasPadding ? ours : null, result.Batch);
    }

    private static ModelPackage OfGolden(string name, ITokenizer tokenizer, Engine engine) =>
        new(ModelFolder.Load(Path.Combine(Golden.Folder, "interop", name), engine, Precision.Fp32), tokenizer, Padded);

    // A model of that option, with room for the texts.
    private static ModelPackage OfOptions(string name, ITokenizer tokenizer, Engine engine)
    {
        var model = new Gpt(engine, ModelOptions.Of(name) with { VocabularySize = tokenizer.VocabularySize, BlockSize = 64 });
        model.Initialize(seed: 4);
        foreach (var parameter in model.Arena.Parameters.Where(parameter => parameter.Value.Shape.Rank > 1))
        {
            parameter.Value.UploadDoubles(Array.ConvertAll(parameter.Value.ToDoubles(), value => 12 * value));
        }

        return new ModelPackage(model, tokenizer, Padded);
    }
}
