using GptSharp.Tensors;
using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

public sealed class GptArchitectureTests
{
    [Fact]
    public void Parameters_bear_GPT2s_names()
    {
        using var model = new SmallGpt(SmallGpt.Config with { LayerCount = 1 });

        Assert.Equal(
            [
                "wte.weight", "wpe.weight", "h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight", "h.0.mlp.c_fc.weight",
                "h.0.mlp.c_proj.weight", "h.0.ln_1.weight", "h.0.ln_1.bias", "h.0.attn.c_attn.bias", "h.0.attn.c_proj.bias",
                "h.0.ln_2.weight", "h.0.ln_2.bias", "h.0.mlp.c_fc.bias", "h.0.mlp.c_proj.bias", "ln_f.weight", "ln_f.bias",
            ],
            model.Model.Arena.Parameters.Select(parameter => parameter.Name));
    }

    [Fact]
    public void Without_biases_no_parameter_is_one_and_zero_biases_compute_the_same()
    {
        using var with = new SmallGpt();
        using var without = new SmallGpt(SmallGpt.Config with { Bias = false });
        foreach (var parameter in without.Model.Arena.Parameters)
        {
            Assert.DoesNotContain("bias", parameter.Name, StringComparison.Ordinal);
            parameter.Value.UploadDoubles(with[parameter.Name].Value.ToDoubles());
        }

        Assert.Equal(with.Gradient(), without.Gradient());
        Assert.All(without.Model.Arena.Parameters, p => Assert.Equal(with[p.Name].Gradient.ToDoubles(), p.Gradient.ToDoubles()));
        Assert.Equal(new ParameterReport(without.Model.Config).Total, without.Model.ParameterCount);
    }

    [Fact]
    public void Sinusoidal_positions_are_the_formula_and_are_not_trained()
    {
        GptConfig config = SmallGpt.Config with { Positions = PositionEncoding.Sinusoidal, Dropout = 0 };
        using var fixedTable = new SmallGpt(config);
        using var learned = new SmallGpt(config with { Positions = PositionEncoding.Learned });
        Assert.DoesNotContain(fixedTable.Model.Arena.Parameters, parameter => parameter.Name.StartsWith("wpe", StringComparison.Ordinal));
        Assert.Equal(learned.Model.ParameterCount - (12 * 24), fixedTable.Model.ParameterCount);

        // A learned table that holds the formula's values is the same model.
        var table = new double[12 * 24];
        for (int position = 0; position < 12; position++)
        {
            for (int pair = 0; pair < 12; pair++)
            {
                double angle = position * Math.Exp(-Math.Log(10000) * 2 * pair / 24);
                table[(position * 24) + (2 * pair)] = Math.Sin(angle);
                table[(position * 24) + (2 * pair) + 1] = Math.Cos(angle);
            }
        }

        foreach (var parameter in learned.Model.Arena.Parameters)
        {
            parameter.Value.UploadDoubles(parameter.Name == "wpe.weight" ? table : fixedTable[parameter.Name].Value.ToDoubles());
        }

        Assert.InRange(RelativeDistance.Between(learned.Logits(), fixedTable.Logits()), 0, 1e-12);
        Assert.Equal(learned.Gradient(), fixedTable.Gradient(), 1e-12);
    }

    [Fact]
    public void Later_tokens_do_not_change_earlier_scores()
    {
        using var model = new SmallGpt();
        double[] before = model.Logits();
        for (int sample = 0; sample < SmallGpt.Batch; sample++)
        {
            model.Tokens[(sample * SmallGpt.Time) + 5] ^= 1;
        }

        double[] after = model.Logits();
        int row = model.Model.Config.PaddedVocabularySize;
        for (int i = 0; i < SmallGpt.Batch * SmallGpt.Time; i++)
        {
            Assert.Equal(i % SmallGpt.Time < 5, before.AsSpan(i * row, row).SequenceEqual(after.AsSpan(i * row, row)));
        }
    }

    [Fact]
    public void A_sequence_longer_than_the_block_is_refused()
    {
        using var model = new SmallGpt();
        using Step step = model.Engine.BeginStep(StepOptions.Evaluate);

        TensorException error = Assert.Throws<TensorException>(() => model.Model.Forward(step.Input(new int[13], (1, 13))));

        Assert.Equal("A sequence of 13 tokens is longer than the model's block of 12.", error.Message);
    }
}
