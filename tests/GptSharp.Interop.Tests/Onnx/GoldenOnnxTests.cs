using GptSharp.Files.Onnx;
using GptSharp.Files.Safetensors;
using GptSharp.Interop.Onnx;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using static GptSharp.Interop.Tests.Onnx.OnnxRuntime;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>Models that others made, exported here and run by onnxruntime, beside the logits that PyTorch computed in float64.</summary>
public sealed class GoldenOnnxTests
{
    private static readonly string[] Names =
    [
        "interop/hf-gpt2", "interop/hf-llama", "interop-own/mistral", "interop-own/qwen2", "interop-own/qwen2-window", "interop-own/qwen3",
        "interop-own/llama3", "interop-own/llama-mlp-bias",
    ];

    [Fact]
    public void Onnxruntime_computes_the_logits_of_float64_with_cache_and_without()
    {
        using var folder = new TemporaryFolder();
        var models = Names.Select(name =>
        {
            using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Golden.Folder, name, "expected.safetensors"));
            string path = folder.At(Path.GetFileName(name) + ".onnx");
            Export(name, path);
            int[][] tokens = [.. golden.ReadIntegers("input_ids").Select(token => (int)token).Chunk((int)golden["input_ids"].Shape[1])];
            return (Name: name, Path: path, Tokens: tokens, Logits: golden.ReadDoubles("logits_f64"));
        }).ToArray();

        IReadOnlyList<Result> results = RunOrSkip([.. models.SelectMany(model => (Job[])
        [
            Job.Of(model.Path, model.Tokens, model.Tokens[0].Length),
            Job.Of(model.Path, model.Tokens, [8, .. Enumerable.Repeat(1, model.Tokens[0].Length - 8)]),
        ])]);

        Assert.Equal(2 * models.Length, results.Count);
        for (int i = 0; i < results.Count; i++)
        {
            var model = models[i / 2];
            double distance = Distance(model.Logits, model.Tokens, results[i]);
            Assert.True(distance <= 1e-4, $"{model.Name}: {distance}");
        }
    }

    [Fact]
    public void Inputs_and_outputs_have_the_names_that_people_expect()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("model.onnx");
        Export("interop/hf-llama", path);

        Result result = RunOrSkip(Job.Of(path, [[1, 2, 3], [4, 5, 6]], 2, 1))[0];

        Assert.Equal(
            ["input_ids", "attention_mask", "position_ids", "past_key_values.0.key", "past_key_values.0.value", "past_key_values.1.key", "past_key_values.1.value", "past_key_values.2.key", "past_key_values.2.value"],
            result.Inputs);
        Assert.Equal(
            ["logits", "present.0.key", "present.0.value", "present.1.key", "present.1.value", "present.2.key", "present.2.value"],
            result.Outputs);
        Assert.Equal([2, 2, 3, 8], result.Cache);       // batch, key heads, tokens, channels of a head
    }

    [Fact]
    public void A_tied_matrix_is_stored_once()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("model.onnx");
        Export("interop/hf-gpt2", path);

        long weights = new FileInfo(Path.Combine(Golden.Folder, "interop", "hf-gpt2", "model.safetensors")).Length;

        Assert.InRange(new FileInfo(path).Length, weights - 8_000, weights + 16_000);
    }

    private static void Export(string name, string path)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using Gpt model = ModelFolder.Load(Path.Combine(Golden.Folder, name), engine, Precision.Fp32);
        OnnxWriter.Save(path, GptGraph.Of(model));
    }

    // The largest difference over all steps.
    private static double Distance(double[] expected, int[][] tokens, Result result)
    {
        (int batch, int time) = (tokens.Length, tokens[0].Length);
        int vocabulary = expected.Length / (batch * time);
        double worst = 0;
        int start = 0;
        foreach (float[] logits in result.Logits)
        {
            int added = logits.Length / (batch * vocabulary);
            for (int i = 0; i < logits.Length; i++)
            {
                (int b, int n, int v) = (i / (added * vocabulary), i / vocabulary % added, i % vocabulary);
                worst = Math.Max(worst, Math.Abs(logits[i] - expected[(((b * time) + start + n) * vocabulary) + v]));
            }

            start += added;
        }

        Assert.Equal(time, start);
        return worst;
    }
}
