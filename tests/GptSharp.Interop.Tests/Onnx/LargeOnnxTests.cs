using GptSharp.Files;
using GptSharp.Files.Onnx;
using GptSharp.Interop.Onnx;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using static GptSharp.Interop.Tests.Onnx.OnnxRuntime;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>A model that no single ONNX file can hold; it needs 8 GB of memory, 3 GB of disk and a minute or two.</summary>
public sealed class LargeOnnxTests
{
    private const string Variable = "GPTSHARP_LARGE_MODELS";

    [Fact]
    public void A_model_beyond_2_GB_is_written_with_external_data_and_runs()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 })
        {
            Assert.Skip($"needs 8 GB of memory; set {Variable}=1 to run it");
        }

        using var engine = new Engine(new CpuBackend(threads: 2));
        using var folder = new TemporaryFolder();
        var config = new GptConfig { VocabularySize = 300, BlockSize = 16, LayerCount = 11, HeadCount = 16, Width = 2048 };
        using var model = new Gpt(engine, config);
        model.Initialize(seed: 2);
        string path = folder.At("model.onnx");
        int files = OnnxWriter.Save(path, GptGraph.Of(model));
        int[][] tokens = [[1, 2, 3, 4]];

        Assert.Equal(2, files);
        Assert.InRange(new FileInfo(path).Length, 0, 2_000_000);
        Assert.InRange(new FileInfo(path + "_data").Length + new FileInfo(path + "_data_1").Length, int.MaxValue + 1L, 3_000_000_000);
        using (ITensorFile file = TensorFiles.Open(path))
        {
            Assert.Equal("""["model.onnx_data","model.onnx_data_1"]""", file.Metadata["external_data"]!.ToJsonString());
        }

        float[] logits = RunOrSkip(Job.Of(path, tokens, tokens[0].Length))[0].Logits[0];
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        double[] expected = model.Forward(step.Input(tokens[0], (1, tokens[0].Length))).ToDoubles();
        for (int i = 0; i < logits.Length; i++)
        {
            int place = (i / config.VocabularySize * config.PaddedVocabularySize) + (i % config.VocabularySize);
            Assert.InRange(Math.Abs(logits[i] - expected[place]), 0, 1e-4);
        }
    }
}
