using GptSharp.Tensors.Backends.Reference;
using GptSharp.Tensors.Tests.Backends.Cpu.Kernels;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Reference;

/// <summary>The oracle that all other attentions are compared with, compared with one of its own.</summary>
public sealed class AttentionTests
{
    [Theory]
    [InlineData(2, 9, 2, 2, 6, 0, "")]
    [InlineData(1, 17, 6, 2, 5, 0.3, "")]
    [InlineData(1, 12, 3, 1, 4, 0, "window 1")]
    [InlineData(1, 30, 2, 2, 4, 0, "window 7")]
    [InlineData(1, 12, 2, 2, 4, 0, "window 13")]
    [InlineData(1, 12, 2, 1, 4, 0, "cap")]
    [InlineData(1, 12, 6, 6, 4, 0, "alibi")]
    [InlineData(2, 25, 2, 2, 4, 0, "documents")]
    [InlineData(2, 25, 6, 3, 4, 0.2, "window 9 cap alibi documents")]
    public void Outputs_and_gradients_are_those_of_masked_matrices(
        int batch, int time, int heads, int keyHeads, int size, double rate, string options)
    {
        AttentionForm form = AttentionOptions.Form(heads, keyHeads, options);
        int[]? documents = AttentionOptions.DocumentStarts(batch, time, options);
        OpInput qkv = OpInput.Normal((batch, time, (heads + (2 * keyHeads)) * size), 1);
        OpInput dy = OpInput.Normal((batch, time, heads * size), 2);
        using var engine = new Engine(new ReferenceBackend());
        using Step step = engine.BeginStep(StepOptions.Train(seed: 11, stepIndex: 4, firstSample: 9));
        Tensor x = step.Input(qkv.ToDoubles(), qkv.Shape, requiresGradient: true);
        Tensor starts = documents is null ? Tensor.None : step.Input(documents, (batch, time));
        Tensor y = Tensors.Ops.Attention(x, form, starts, rate, site: 3);
        double[] output = y.ToDoubles();
        step.Backward(y, step.Input(dy.ToDoubles(), dy.Shape));

        var oracle = new AttentionOracle(
            Array.ConvertAll(qkv.ToDoubles(), value => (float)value), Array.ConvertAll(dy.ToDoubles(), value => (float)value),
            documents, batch, time, size, form, 1 / Math.Sqrt(size), rate, new RandomKey(11, 4, 9, 3));

        Assert.InRange(RelativeDistance.Between(oracle.Output, output), 0, 1e-13);
        Assert.InRange(RelativeDistance.Between(oracle.Gradient, x.Gradient.ToDoubles()), 0, 1e-13);
    }
}
