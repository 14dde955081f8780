using System.Text.Json;
using GptSharp.Data.Tokenizers;
using GptSharp.Files.Safetensors;
using GptSharp.Interop.Gguf;
using GptSharp.Interop.HuggingFace;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>
/// The models and the tokenizer that transformers and tokenizers wrote, exported as GGUF: llama.cpp computes what PyTorch computed, within
/// what its rounding allows, and divides texts as the tokenizers library does.
/// </summary>
public sealed class GoldenModelTests
{
    // llama.cpp's GELU is a table of half floats; below F32 it also rounds the activations to the weights' type.
    [Theory]
    [InlineData("hf-gpt2", 5e-3)]
    [InlineData("hf-llama", 1e-5)]
    public void Llama_cpp_computes_the_logits(string name, double exact)
    {
        (WeightType Type, double Tolerance)[] types =
        [
            (WeightType.F32, exact), (WeightType.F16, 0.02), (WeightType.BF16, 0.15), (WeightType.Q8_0, 0.3), (WeightType.Q4_0, 0.3),
        ];
        string folder = Path.Combine(Golden.Folder, "interop", name);
        using var temporary = new TemporaryFolder();
        using var engine = new Engine(new CpuBackend());
        string[] paths = [.. types.Select(type => temporary.At($"{type.Type}.gguf"))];
        using (ModelPackage package = Package(folder, engine))
        {
            foreach ((WeightType type, string path) in types.Select(type => type.Type).Zip(paths))
            {
                package.Save(path, new GgufFormat(), new ExportOptions(type));
            }
        }

        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        int[][] inputs = [.. expected.ReadIntegers("input_ids").Select(id => (int)id).Chunk(24)];
        int[][] greedy = [.. expected.ReadIntegers("greedy_ids").Select(id => (int)id).Chunk(24)];
        SafetensorsEntry logits = expected["logits_f64"];
        (int vocabulary, int length) = ((int)logits.Shape[2], (int)logits.Shape[1]);
        float[][][] truth = [.. expected.ReadSingles("logits_f64").Chunk(vocabulary).Chunk(length)];
        LlamaCppAnswer[] answers = LlamaCpp.AskOrSkip(paths.Select(
            path => new LlamaCppRequest(path) { Sequences = inputs, Prompts = path == paths[0] ? inputs : [], Count = 24 }));

        Assert.Equal(greedy, answers[0].Generated);
        foreach ((LlamaCppAnswer answer, int index) in answers.Select((answer, index) => (answer, index)))
        {
            using ModelPackage again = ModelPackage.Open(paths[index], engine, Precision.Fp32);
            for (int row = 0; row < inputs.Length; row++)
            {
                // In full precision the truth is PyTorch's; else it is what the rounded weights make in float32.
                float[][] right = index == 0 ? truth[row] : Predictions.Logits(again.Model, inputs[row]);
                double distance = Predictions.Distance(answer.Logits[row], right);
                Assert.True(distance <= types[index].Tolerance, $"{types[index].Type}, row {row}: {distance}");
            }
        }
    }

    [Fact]
    public void Llama_cpp_divides_texts_as_the_tokenizers_library_does()
    {
        using var temporary = new TemporaryFolder();
        using var engine = new Engine(new CpuBackend());
        string path = temporary.At("model.gguf");
        using (ModelPackage package = Package(Path.Combine(Golden.Folder, "interop", "hf-gpt2"), engine))
        {
            package.Save(path, new GgufFormat(), new ExportOptions());
        }

        (string Text, int[] Tokens)[] cases = Cases();
        LlamaCppAnswer answer = LlamaCpp.AskOrSkip(new LlamaCppRequest(path) { Texts = [.. cases.Select(item => item.Text)] })[0];
        Assert.Equal(cases.Select(item => item.Tokens), answer.Special);
        Assert.Equal((0, 0), (answer.Begin, answer.End));

        using ModelPackage again = ModelPackage.Open(path, engine, Precision.Fp32);
        Assert.Equal(cases.Select(item => item.Tokens), cases.Select(item => again.Tokenizer!.Encode(item.Text)));
        Assert.Equal(0, again.Generation.BeginToken);
        Assert.Equal([0], again.Generation.EndTokens);
    }

    [Theory]
    [InlineData("hf-gpt2", WeightType.F32)]
    [InlineData("hf-gpt2", WeightType.F16)]
    [InlineData("hf-gpt2", WeightType.BF16)]
    [InlineData("hf-llama", WeightType.F16)]
    public void A_file_exported_imported_and_exported_again_is_the_same_file(string name, WeightType type)
    {
        using var temporary = new TemporaryFolder();
        using var engine = new Engine(new CpuBackend());
        Directory.CreateDirectory(temporary.At("first"));
        Directory.CreateDirectory(temporary.At("second"));

        // The file's name is in it, as the model's.
        (string first, string second) = (temporary.At("first", "model.gguf"), temporary.At("second", "model.gguf"));
        using (ModelPackage package = Package(Path.Combine(Golden.Folder, "interop", name), engine))
        {
            package.Save(first, new GgufFormat(), new ExportOptions(type));
        }

        using (ModelPackage package = ModelPackage.Open(first, engine, Precision.Fp32))
        {
            package.Save(temporary.At("folder"), new HuggingFaceFormat(), new ExportOptions());
        }

        using (ModelPackage package = ModelPackage.Open(temporary.At("folder"), engine, Precision.Fp32))
        {
            package.Save(second, new GgufFormat(), new ExportOptions(type));
        }

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    private static ModelPackage Package(string folder, Engine engine) => new(
        ModelFolder.Load(folder, engine, Precision.Fp32),
        TokenizerFile.Load(Path.Combine(Golden.Folder, "interop", "tok-gpt2-512")),
        GenerationDefaults.None);

    private static (string Text, int[] Tokens)[] Cases()
    {
        string path = Path.Combine(Golden.Folder, "interop", "tok-gpt2-512", "cases.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return
        [
            .. document.RootElement.EnumerateArray().Where(item => item.TryGetProperty("ids", out _)).Select(item => (
                item.GetProperty("text").GetString()!,
                item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray())),
        ];
    }
}
