using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Nn.Tests;

public sealed class RecomputeMemoryTests
{
    [Fact]
    public void Recomputing_blocks_spares_four_fifths_of_their_activations()
    {
        long everything = BlockActivations(Recompute.None);
        Assert.InRange(BlockActivations(Recompute.Block), 1, everything / 5);
        Assert.InRange(BlockActivations(Recompute.Every(2)), 1, everything / 10);
        Assert.InRange(BlockActivations(Recompute.Attention), 1, everything * 4 / 5);
    }

    [Fact]
    public void Activations_in_BF16_take_half_the_memory()
    {
        // Statistics of rows, tokens and the loss stay as they are: a few hundredths.
        long halves = Activations(12, Recompute.None, Precision.Bf16), singles = Activations(12, Recompute.None, Precision.Fp32);
        Assert.InRange(halves / (double)singles, 0.5, 0.52);
    }

    // What six layers more keep for backward, twice: embedding, head and loss are in both models.
    private static long BlockActivations(Recompute recompute) =>
        2 * (Activations(12, recompute, Precision.Fp32) - Activations(6, recompute, Precision.Fp32));

    private static long Activations(int layers, Recompute recompute, Precision precision)
    {
        using var engine = new Engine(new CpuBackend(threads: 2), new EngineOptions { TrackActivations = true });
        var config = new GptConfig { VocabularySize = 64, BlockSize = 64, LayerCount = layers, HeadCount = 2, Width = 64 };
        using var model = new Gpt(engine, config, precision) { Recompute = recompute };
        model.Initialize(seed: 1);
        model.Arena.EnableGradients();
        using Step step = engine.BeginStep(StepOptions.Train(seed: 1, stepIndex: 0, firstSample: 0));
        Tensor tokens = step.Input(new int[2 * 64], (2, 64));
        step.Backward(model.Loss(tokens, tokens, validCount: 128));
        return engine.ReportMemory().ActivationsByOperation.Where(entry => entry.Key != "input").Sum(entry => entry.Value);
    }
}
