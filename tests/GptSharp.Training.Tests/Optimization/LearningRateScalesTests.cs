using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Configuration;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Tests.Optimization;

public sealed class LearningRateScalesTests
{
    private static readonly LearningRateScales Scales = new(0.5, [1, 0.25, 0]);

    [Theory]
    [InlineData("wte.weight", 0.5)]
    [InlineData("wpe.weight", 0.5)]
    [InlineData("h.0.attn.c_attn.weight", 1)]
    [InlineData("h.1.ln_1.bias", 0.25)]
    [InlineData("h.2.mlp.c_fc.weight", 0)]
    [InlineData("ln_f.weight", 1)]
    [InlineData("lm_head.weight", 1)]
    public void Each_part_has_its_factor(string name, double scale)
    {
        using Device device = Devices.Open("cpu");
        using Gpt model = New(device);
        Assert.Equal(scale, Scales.Of(model, model.Arena.Parameters.Single(parameter => parameter.Name == name)));
    }

    [Fact]
    public void One_number_is_every_layers() => Assert.Equal(0.1, WithOne("h.2.mlp.c_fc.weight"));

    [Fact]
    public void An_update_moves_each_parameter_by_its_own_rate()
    {
        // The first update of Adam without decay is the rate itself in every element, whatever the gradient.
        const double Rate = 0.01;
        using Device device = Devices.Open("reference");
        using Gpt model = New(device);
        model.Initialize(seed: 1);
        var options = new AdamWOptions(0.9, 0.95, 1e-30, WeightDecay: 0, double.PositiveInfinity);
        var optimizer = new AdamW(model.Arena, options, rateScale: parameter => Scales.Of(model, parameter));
        double[][] before = [.. model.Arena.Parameters.Select(parameter => parameter.Value.ToDoubles())];

        using Step step = device.Engine.BeginStep(StepOptions.Evaluate);
        Tensor norm = optimizer.GradientNorm();
        foreach (Parameter parameter in model.Arena.Parameters)
        {
            parameter.Gradient.UploadDoubles([.. Enumerable.Repeat(3.0, (int)parameter.Value.Count)]);
        }

        optimizer.Update(step, norm, Rate);

        for (int i = 0; i < before.Length; i++)
        {
            Parameter parameter = model.Arena.Parameters[i];
            double[] after = parameter.Value.ToDoubles();
            Assert.All(before[i].Zip(after), pair => Assert.Equal(Rate * Scales.Of(model, parameter), pair.First - pair.Second, 1e-12));
        }
    }

    private static double WithOne(string name)
    {
        using Device device = Devices.Open("cpu");
        using Gpt model = New(device);
        return new LearningRateScales(1, [0.1]).Of(model, model.Arena.Parameters.Single(parameter => parameter.Name == name));
    }

    private static Gpt New(Device device) => new(
        device.Engine,
        new ModelSection { LayerCount = 3, HeadCount = 2, Width = 8, BlockSize = 8, TieHead = false }.ToGptConfig(11),
        device.Precision);
}
