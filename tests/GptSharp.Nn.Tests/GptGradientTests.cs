using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

public sealed class GptGradientTests
{
    public static TheoryData<string> Backends => SmallGpt.Backends;

    [Theory]
    [MemberData(nameof(Backends))]
    public void Recomputing_the_blocks_changes_no_bit_and_lowers_the_peak(string backend)
    {
        GptConfig config = SmallGpt.Config with { LayerCount = 4 };
        using var plain = new SmallGpt(config, SmallGpt.NewBackend(backend), DType.F32);
        using var frugal = new SmallGpt(config, SmallGpt.NewBackend(backend), DType.F32);
        frugal.Model.Recompute = Recompute.Block;

        Assert.Equal(plain.Gradient(), frugal.Gradient());
        Assert.Equal(plain.Model.Arena.Gradients!.Flat.ToDoubles(), frugal.Model.Arena.Gradients!.Flat.ToDoubles());

        // The activations of one block and the inputs of the others instead of all four blocks' activations.
        Assert.InRange(frugal.PeakBytes, 1, plain.PeakBytes * 2 / 3);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Micro_batches_equal_one_batch_with_the_same_dropout(int microBatches)
    {
        using var whole = new SmallGpt();
        using var parts = new SmallGpt();

        double loss = whole.Gradient();
        Assert.Equal(loss, parts.Gradient(microBatches), 1e-12 * loss);
        foreach (Parameter parameter in whole.Model.Arena.Parameters)
        {
            double distance = RelativeDistance.Between(parameter.Gradient.ToDoubles(), parts[parameter.Name].Gradient.ToDoubles());
            Assert.True(distance <= 1e-12, $"{parameter.Name} is {distance:E2} away.");
        }
    }

    [Fact]
    public void Dropout_changes_with_the_step_and_is_off_in_evaluation()
    {
        using var model = new SmallGpt();
        using var without = new SmallGpt(SmallGpt.Config with { Dropout = 0 });

        Assert.NotEqual(model.Gradient(step: 3), model.Gradient(step: 4));
        Assert.Equal(model.Gradient(step: 3), model.Gradient(step: 3));
        Assert.Equal(without.Logits(), model.Logits());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_parameter_gets_a_gradient(bool tied)
    {
        using var model = new SmallGpt(SmallGpt.Config with { TieHead = tied });
        model.Gradient();

        Assert.All(model.Model.Arena.Parameters, p => Assert.Contains(p.Gradient.ToDoubles(), value => value != 0));
    }

    [Fact]
    public void A_tied_head_adds_its_gradient_to_the_embeddings()
    {
        using var tied = new SmallGpt();
        using var untied = new SmallGpt(SmallGpt.Config with { TieHead = false });
        foreach (Parameter parameter in untied.Model.Arena.Parameters)
        {
            parameter.Value.UploadDoubles(tied[parameter.Name == "lm_head.weight" ? "wte.weight" : parameter.Name].Value.ToDoubles());
        }

        Assert.Equal(tied.Gradient(), untied.Gradient());
        double[] sum = [.. untied["wte.weight"].Gradient.ToDoubles().Zip(untied["lm_head.weight"].Gradient.ToDoubles(), (a, b) => a + b)];
        Assert.InRange(RelativeDistance.Between(sum, tied["wte.weight"].Gradient.ToDoubles()), 0, 1e-14);
    }
}
