using GptSharp.Interop.Onnx;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using static GptSharp.Interop.Tests.Onnx.OnnxRuntime;

namespace GptSharp.Interop.Tests.Onnx;

/// <summary>Trained models, exported and driven by onnxruntime and transformers.js.</summary>
public sealed class TrainedOnnxTests(TrainedModels models)
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(TrainedModels.Quickstart)]
    [InlineData(TrainedModels.Gpt2)]
    [InlineData(TrainedModels.Llama)]
    public void Onnxruntime_computes_its_logits_and_transformers_js_writes_its_text(string name)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = models.Open(name, engine);
        package.Save(folder.At(name), new OnnxFormat(), new ExportOptions());
        var prompts = models.Prompts(package, smallestGap: 2 * Tolerance);

        TransformersJs.Result written = TransformersJs.GenerateOrSkip(
            new TransformersJs.Job(folder.At(name), [.. prompts.Select(prompt => prompt.Prompt)], Tokens: 64))[0];

        foreach ((var prompt, TransformersJs.Continuation alone) in prompts.Zip(written.Alone))
        {
            Assert.Equal(prompt.Tokens, alone.Prompt);
            Assert.Equal(prompt.Continuation, alone.Ids[..prompt.Continuation.Length]);
            Assert.StartsWith(
                package.Tokenizer!.Decode([.. prompt.Tokens, .. prompt.Continuation]).TrimEnd('\uFFFD'), alone.Text, StringComparison.Ordinal);
        }

        int[] tokens = [.. prompts[0].Tokens, .. prompts[0].Continuation];
        string graph = folder.At(name, "onnx", "model.onnx");
        IReadOnlyList<Result> results = RunOrSkip(
            Job.Of(graph, [tokens], tokens.Length),
            Job.Of(graph, [tokens], [prompts[0].Tokens.Length, .. prompts[0].Continuation.Select(_ => 1)]));
        Assert.All(results, result => Assert.InRange(Distance(package, tokens, [.. result.Logits.SelectMany(logits => logits)]), 0, Tolerance));
    }

    private static double Distance(ModelPackage package, int[] tokens, float[] logits)
    {
        using Step step = package.Model.Engine.BeginStep(StepOptions.Evaluate);
        double[] expected = package.Model.Forward(step.Input(tokens, (1, tokens.Length))).ToDoubles();
        (int vocabulary, int padded) = (package.Model.Config.VocabularySize, package.Model.Config.PaddedVocabularySize);
        Assert.Equal(tokens.Length * vocabulary, logits.Length);
        return logits.Select((logit, i) => Math.Abs(logit - expected[(i / vocabulary * padded) + (i % vocabulary)])).Max();
    }
}
