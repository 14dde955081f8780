using GptSharp.Files.Onnx;
using GptSharp.Files.Safetensors;
using GptSharp.Interop.Onnx;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using static GptSharp.Interop.Tests.Onnx.OnnxRuntime;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>Models that transformers wrote, exported here and run by onnxruntime, beside the logits that PyTorch computed in float64.</summary>
public sealed class GoldenOnnxTests
{
    [Theory]
    [InlineData("hf-gpt2", 4, 12)]
    [InlineData("hf-llama", 2, 8)]
    public void Onnxruntime_computes_the_logits_of_float64_with_cache_and_without(string name, int keyHeads, int headSize)
    {
        using var folder = new TemporaryFolder();
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Golden.Folder, "interop", name, "expected.safetensors"));
        string path = folder.At("model.onnx");
        Export(name, path);
        int time = (int)golden["input_ids"].Shape[1];
        int[][] tokens = [.. golden.ReadIntegers("input_ids").Select(token => (int)token).Chunk(time)];

        IReadOnlyList<Result> results = RunOrSkip(
            Job.Of(path, tokens, time), Job.Of(path, tokens, [time / 2, .. Enumerable.Repeat(1, time - (time / 2))]));

        double[] expected = golden.ReadDoubles("logits_f64");
        Assert.All(results, result => Assert.True(Distance(expected, tokens, result) <= 1e-4));
        Assert.Equal([tokens.Length, keyHeads, time, headSize], results[1].Cache);
        Assert.Equal(
            ["input_ids", "attention_mask", "position_ids", "past_key_values.0.key", "past_key_values.0.value", "past_key_values.1.key", "past_key_values.1.value", "past_key_values.2.key", "past_key_values.2.value"],
            results[0].Inputs);
        Assert.Equal(
            ["logits", "present.0.key", "present.0.value", "present.1.key", "present.1.value", "present.2.key", "present.2.value"],
            results[0].Outputs);
    }

    [Fact]
    public void A_tied_matrix_is_stored_once()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("model.onnx");
        Export("hf-gpt2", path);

        long weights = new FileInfo(Path.Combine(Golden.Folder, "interop", "hf-gpt2", "model.safetensors")).Length;

        Assert.InRange(new FileInfo(path).Length, weights - 8_000, weights + 16_000);
    }

    private static void Export(string name, string path)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using Gpt model = ModelFolder.Load(Path.Combine(Golden.Folder, "interop", name), engine, Precision.Fp32);
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
