using GptSharp.Tensors;
using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

/// <summary>What single options mean, each beside a model without it.</summary>
public sealed class GptOptionMeaningTests
{
    private static void CopyParameters(SmallGpt from, SmallGpt to)
    {
        foreach (var parameter in to.Model.Arena.Parameters)
        {
            parameter.Value.UploadDoubles(from[parameter.Name].Value.ToDoubles());
        }
    }

    private static void Clear(SmallGpt small, string name) => small[name].Value.UploadDoubles(new double[small[name].Value.Count]);

    private static double[] Scores(SmallGpt small, int[] tokens)
    {
        using Step step = small.Engine.BeginStep(StepOptions.Evaluate);
        double[] all = small.Model.Forward(step.Input(tokens, (1, tokens.Length))).ToDoubles();
        int row = small.Model.Config.PaddedVocabularySize;
        return all[^row..];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_window_hides_what_is_further_back(int window)
    {
        using var small = new SmallGpt(ModelOptions.Of("alibi") with { Window = window });
        int[] tokens = small.Tokens[..9];
        double[] before = Scores(small, tokens);
        for (int place = 0; place < 8; place++)
        {
            int[] changed = [.. tokens];
            changed[place] ^= 1;
            Assert.Equal(place < 9 - window, Scores(small, changed).SequenceEqual(before));
        }
    }

    [Theory]
    [InlineData("no positions")]
    [InlineData("alibi")]
    [InlineData("rope")]
    public void A_document_scores_as_if_it_stood_alone(string positions)
    {
        using SmallGpt small = new(ModelOptions.Of(positions) with { DocumentToken = 5, LayerCount = 2 });
        int[] first = [8, 3, 20, 1], second = [5, 30, 2, 9, 7];

        Assert.InRange(RelativeDistance.Between(Scores(small, second), Scores(small, [.. first, .. second])), 0, 1e-12);
        Assert.InRange(RelativeDistance.Between(Scores(small, second[1..]), Scores(small, second)), 1e-6, 2);
    }

    [Fact]
    public void The_positions_of_a_document_count_on()
    {
        using SmallGpt small = new(ModelOptions.Of("plain") with { DocumentToken = 5 });
        Assert.InRange(RelativeDistance.Between(Scores(small, [5, 30, 2]), Scores(small, [8, 5, 30, 2])), 1e-6, 2);
    }

    [Fact]
    public void Z_loss_adds_the_mean_square_of_the_log_partition_to_the_training_loss_alone()
    {
        using SmallGpt plain = ModelOptions.NewModel("plain");
        using SmallGpt small = ModelOptions.NewModel("z-loss");
        using var quiet = new SmallGpt(ModelOptions.Of("z-loss") with { Dropout = 0 });
        CopyParameters(small, quiet);
        small.Tokens.CopyTo(quiet.Tokens, 0);

        (int row, int vocabulary) = (quiet.Model.Config.PaddedVocabularySize, quiet.Model.Config.VocabularySize);
        double[] logits = quiet.Logits();
        double sum = 0, squares = 0;
        int[] scored = [.. Enumerable.Range(0, quiet.Targets.Length).Where(i => quiet.Targets[i] != Ops.IgnoredTarget)];
        foreach (int i in scored)
        {
            double partition = Math.Log(logits.AsSpan(i * row, vocabulary).ToArray().Sum(Math.Exp));
            sum += partition - logits[(i * row) + quiet.Targets[i]];
            squares += partition * partition;
        }

        Assert.Equal((sum + (0.03 * squares)) / scored.Length, quiet.TrainingLoss(), 1e-12);
        using Step step = quiet.Engine.BeginStep(StepOptions.Evaluate);
        Shape shape = (SmallGpt.Batch, SmallGpt.Time);
        Assert.Equal(sum / scored.Length, quiet.Model.Loss(step.Input(quiet.Tokens, shape), step.Input(quiet.Targets, shape), scored.Length).Item(), 1e-12);
        Assert.Equal(plain.Logits(), small.Logits());
    }

    [Fact]
    public void A_logit_cap_bounds_the_scores_of_the_plain_model()
    {
        using SmallGpt plain = ModelOptions.NewModel("plain");
        using SmallGpt small = ModelOptions.NewModel("logit cap");
        double[] expected = Array.ConvertAll(plain.Logits(), z => 0.7 * Math.Tanh(z / 0.7));
        Assert.InRange(RelativeDistance.Between(expected, small.Logits()), 0, 1e-14);
    }

    [Fact]
    public void Shared_key_heads_are_key_heads_that_are_repeated()
    {
        GptConfig config = ModelOptions.Of("plain");
        using SmallGpt grouped = ModelOptions.NewModel("grouped queries");
        using var repeated = new SmallGpt(config);
        foreach (var parameter in repeated.Model.Arena.Parameters)
        {
            double[] values = grouped[parameter.Name].Value.ToDoubles();
            if (parameter.Name.Contains("c_attn", StringComparison.Ordinal))
            {
                // Rows of head size 6: query heads 0-3, key heads 4 and 5, value heads 6 and 7.
                int head = 6 * (values.Length / (8 * 6));
                values = [.. ((int[])[0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7]).SelectMany(i => values[(i * head)..((i + 1) * head)])];
            }

            parameter.Value.UploadDoubles(values);
        }

        grouped.Tokens.CopyTo(repeated.Tokens, 0);
        Assert.InRange(RelativeDistance.Between(grouped.Logits(), repeated.Logits()), 0, 1e-13);
    }

    [Theory]
    [InlineData("h.0.attn.c_proj")]
    [InlineData("h.0.mlp.c_proj")]
    public void A_parallel_block_whose_one_half_adds_nothing_is_the_other_half(string silent)
    {
        using SmallGpt parallel = ModelOptions.NewModel("parallel");
        Assert.DoesNotContain(parallel.Model.Arena.Parameters, parameter => parameter.Name.Contains("ln_2", StringComparison.Ordinal));
        using SmallGpt serial = ModelOptions.NewModel("plain");
        foreach (var parameter in serial.Model.Arena.Parameters)
        {
            string shared = parameter.Name.Replace("ln_2", "ln_1", StringComparison.Ordinal);
            parameter.Value.UploadDoubles(parallel[shared].Value.ToDoubles());
        }

        Assert.InRange(RelativeDistance.Between(serial.Logits(), parallel.Logits()), 1e-3, 2);
        foreach (SmallGpt small in (SmallGpt[])[parallel, serial])
        {
            Clear(small, silent + ".weight");
            Clear(small, silent + ".bias");
        }

        Assert.InRange(RelativeDistance.Between(serial.Logits(), parallel.Logits()), 0, 1e-13);
    }

    [Fact]
    public void New_parameters_bear_names_like_the_old_ones()
    {
        using var small = new SmallGpt(ModelOptions.Of("qwen") with { TieHead = true });
        Assert.Equal(
            [
                "wte.weight", "h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight", "h.0.mlp.c_fc.weight", "h.0.mlp.c_proj.weight", "h.0.ln_1.weight",
                "h.0.attn.c_attn.bias", "h.0.attn.q_norm.weight", "h.0.attn.k_norm.weight", "h.0.ln_2.weight", "ln_f.weight",
            ],
            small.Model.Arena.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(new Shape(58, 24), small["h.0.mlp.c_fc.weight"].Value.Shape);
        Assert.Equal(new Shape(24, 29), small["h.0.mlp.c_proj.weight"].Value.Shape);
    }
}
