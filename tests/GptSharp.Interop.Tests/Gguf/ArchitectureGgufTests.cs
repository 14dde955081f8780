using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Files.Gguf;
using GptSharp.Files.Safetensors;
using GptSharp.Interop.Gguf;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Nn.Tests;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>Which models have a place in llama.cpp, and that it computes them: beside results in float64 that others computed.</summary>
public sealed class ArchitectureGgufTests
{
    // 40 characters, one for each token of these models.
    private static readonly ITokenizer Characters = CharTokenizer.Of("abcdefghijklmnopqrstuvwxyz0123456789 .,\n");

    [Fact]
    public void Llama_cpp_computes_every_architecture()
    {
        (string Name, string Architecture)[] models = [("qwen2", "qwen2"), ("qwen3", "qwen3"), ("llama3", "llama")];
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        foreach ((string name, string architecture) in models)
        {
            using ModelPackage package = Own(name, engine);
            string path = folder.At($"{name}.gguf");
            package.Save(path, new GgufFormat(), new ExportOptions());
            using ModelPackage again = ModelPackage.Open(path, engine, Precision.Fp32);
            using GgufFile file = GgufFile.Open(path);

            Assert.Equal(architecture, file.Value("general.architecture")!.AsText());
            Assert.Equal(package.Model.Config, again.Model.Config);
            Assert.All(package.Model.Arena.Parameters.Zip(again.Model.Arena.Parameters), pair =>
                Assert.Equal(pair.First.Value.ToDoubles(), pair.Second.Value.ToDoubles()));
        }

        LlamaCppAnswer[] answers = LlamaCpp.AskOrSkip(models.Select(
            model => new LlamaCppRequest(folder.At($"{model.Name}.gguf")) { Sequences = Inputs(model.Name) }));
        foreach (((string name, _), LlamaCppAnswer answer) in models.Zip(answers))
        {
            using SafetensorsFile expected = Expected(name);
            float[][][] truth = [.. expected.ReadSingles("logits_f64").Chunk(40).Chunk(16)];
            double distance = answer.Logits.Zip(truth, Predictions.Distance).Max();
            Assert.True(distance <= 5e-5, $"{name}: {distance}");
        }
    }

    [Theory]
    [InlineData("mistral", "model.window")]
    [InlineData("qwen2-window", "model.window")]
    [InlineData("llama-mlp-bias", "model.activation")]
    public void What_llama_cpp_does_not_compute_is_refused_by_name(string name, string key)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = Own(name, engine);

        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => package.Save(folder.At("model.gguf"), new GgufFormat(), new ExportOptions()));

        Assert.Equal(key, error.Key);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Every_option_is_written_and_read_or_refused()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        int written = 0;
        foreach (string name in ModelOptions.Names.Select(row => row.Data))
        {
            GptConfig config = ModelOptions.Of(name) with { Dropout = 0 };
            using var model = new Gpt(engine, config);
            model.Initialize(3);
            using var package = new ModelPackage(model, tokenizer: null, GenerationDefaults.None);
            string path = folder.At($"{written}.gguf");
            try
            {
                package.Save(path, new GgufFormat(), new ExportOptions());
            }
            catch (ConfigurationException exception)
            {
                Assert.Contains("cannot be written as GGUF", exception.Message, StringComparison.Ordinal);
                continue;
            }

            written++;
            using ModelPackage again = ModelPackage.Open(path, engine, Precision.Fp32);
            int[] tokens = [1, 2, 3, 4, 5, 0];
            Assert.True(Predictions.Distance([.. Predictions.Logits(model, tokens)], Predictions.Logits(again.Model, tokens)) < 1e-5, name);
        }

        Assert.InRange(written, 3, 100);
    }

    [Fact]
    public void Missing_extra_and_misshapen_tensors_are_all_listed()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = Own("qwen2", engine);
        package.Save(folder.At("sound.gguf"), new GgufFormat(), new ExportOptions());
        using (GgufFile sound = GgufFile.Open(folder.At("sound.gguf")))
        {
            var writer = new GgufWriter();
            foreach ((string key, GgufValue value) in sound.Metadata)
            {
                writer.Add(key, value);
            }

            foreach (GgufTensorInfo tensor in sound.Tensors.Where(tensor => tensor.Name != "blk.1.attn_v.weight"))
            {
                bool isCut = tensor.Name == "output_norm.weight";
                writer.Add(
                    tensor.Name == "blk.0.ffn_up.weight" ? "blk.0.ffn_down_up.weight" : tensor.Name, tensor.Type, isCut ? [3] : tensor.Shape,
                    () => isCut ? new float[3] : sound.ReadSingles(tensor.Name));
            }

            writer.Save(folder.At("broken.gguf"));
        }

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => ModelPackage.Open(folder.At("broken.gguf"), engine, Precision.Fp32));

        Assert.All(
            ["no tensor 'blk.1.attn_v.weight'", "no tensor 'blk.0.ffn_up.weight'", "'blk.0.ffn_down_up.weight', for which", "'output_norm.weight' has shape (3)"],
            part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("qwen2.context_length", 2_000_000_000u, "rotary angles")]
    [InlineData("qwen2.block_count", 2_000_000_000u, "tensors")]
    [InlineData("qwen2.feed_forward_length", 100_000_000u, "has shape")]
    [InlineData("qwen2.attention.head_count", 100_000_000u, "has shape")]
    [InlineData("qwen2.expert_count", 8u, "this option is not supported here")]
    [InlineData("split.count", 2u, "merge them")]
    public void A_key_that_asks_for_what_the_file_does_not_have_is_refused(string key, uint value, string reason)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using (ModelPackage package = Own("qwen2", engine))
        {
            package.Save(folder.At("sound.gguf"), new GgufFormat(), new ExportOptions());
        }

        string path = folder.At("hostile.gguf");
        using (GgufFile sound = GgufFile.Open(folder.At("sound.gguf")))
        {
            var writer = new GgufWriter();
            foreach ((string name, GgufValue old) in sound.Metadata.Where(pair => pair.Key != key))
            {
                writer.Add(name, old);
            }

            writer.Add(key, GgufValue.Of(value));
            foreach (GgufTensorInfo tensor in sound.Tensors)
            {
                writer.Add(tensor.Name, tensor.Type, tensor.Shape, () => sound.ReadSingles(tensor.Name));
            }

            writer.Save(path);
        }

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => ModelPackage.Open(path, engine, Precision.Fp32));

        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_files_are_opened_or_refused()
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using (ModelPackage package = Own("qwen2", engine))
        {
            package.Save(folder.At("sound.gguf"), new GgufFormat(), new ExportOptions());
        }

        byte[] sound = File.ReadAllBytes(folder.At("sound.gguf"));
        int header = sound.AsSpan().IndexOf("output_norm.weight"u8) + 60;
        string path = folder.At("fuzzed.gguf");
        var random = new Random(4);
        int refused = 0;
        for (int round = 0; round < 300; round++)
        {
            byte[] changed = [.. sound];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                changed[random.Next(header)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, changed);
            try
            {
                ModelPackage.Open(path, engine, Precision.Fp32).Dispose();
            }
            catch (RefusedFileException exception)
            {
                refused++;
                Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(refused, 100, 299);
    }

    private static ModelPackage Own(string name, Engine engine) =>
        new(ModelFolder.Load(Folder(name), engine, Precision.Fp32), Characters, GenerationDefaults.None);

    private static string Folder(string name) => Path.Combine(Golden.Folder, "interop-own", name);

    private static SafetensorsFile Expected(string name) => SafetensorsFile.Open(Path.Combine(Folder(name), "expected.safetensors"));

    private static int[][] Inputs(string name)
    {
        using SafetensorsFile expected = Expected(name);
        return [.. expected.ReadIntegers("input_ids").Select(id => (int)id).Chunk(16)];
    }
}
