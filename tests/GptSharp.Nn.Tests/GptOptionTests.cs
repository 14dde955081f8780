using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

/// <summary>What holds for every option of a model.</summary>
public sealed class GptOptionTests
{
    public static TheoryData<string> Names => ModelOptions.Names;

    private static IEnumerable<string> Backends => SmallGpt.Backends.Select(row => row.Data);

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_are_finite_differences(string name)
    {
        const double h = 1e-5;
        using SmallGpt small = ModelOptions.NewModel(name);
        small.Gradient();
        var random = new Random(1);
        foreach (Parameter parameter in small.Model.Arena.Parameters)
        {
            double[] values = parameter.Value.ToDoubles();
            double[] direction = [.. values.Select((_, i) => i < small.Model.LogicalCount(parameter) ? random.NextDouble() - 0.5 : 0)];
            double expected = parameter.Gradient.ToDoubles().Zip(direction, (g, d) => g * d).Sum();
            double LossAt(double t)
            {
                parameter.Value.UploadDoubles([.. values.Zip(direction, (value, d) => value + (t * d))]);
                return small.TrainingLoss();
            }

            double actual = (LossAt(h) - LossAt(-h)) / (2 * h);
            parameter.Value.UploadDoubles(values);
            Assert.True(
                Math.Abs(actual - expected) <= 1e-6 * Math.Max(Math.Abs(expected), 1e-3), $"{parameter.Name}: {expected} by backward, {actual} by differences");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Recomputing_changes_no_bit(string name)
    {
        foreach (string backend in Backends)
        {
            DType type = backend == "reference" ? DType.F64 : DType.F32;
            using SmallGpt plain = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), type);
            double loss = plain.Gradient();
            double[] gradients = plain.Model.Arena.Gradients!.Flat.ToDoubles();
            foreach (Recompute recompute in (Recompute[])[Recompute.Attention, Recompute.Block, Recompute.Every(2)])
            {
                using SmallGpt frugal = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), type);
                frugal.Model.Recompute = recompute;

                Assert.Equal(loss, frugal.Gradient());
                Assert.Equal(gradients, frugal.Model.Arena.Gradients!.Flat.ToDoubles());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_backend_computes_the_same_loss_and_gradients(string name)
    {
        using SmallGpt reference = ModelOptions.NewModel(name);
        double loss = reference.Gradient();
        foreach (string backend in Backends.Where(backend => backend != "reference"))
        {
            using SmallGpt small = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), DType.F32);
            Assert.Equal(loss, small.Gradient(), 1e-5 * loss);
            foreach (Parameter parameter in reference.Model.Arena.Parameters)
            {
                double distance = RelativeDistance.Between(parameter.Gradient.ToDoubles(), small[parameter.Name].Gradient.ToDoubles());
                Assert.True(distance <= 2e-5, $"{backend}, {parameter.Name}: {distance:E2}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void BF16_computes_nearly_the_same(string name)
    {
        using SmallGpt reference = ModelOptions.NewModel(name);
        double loss = reference.Gradient();
        foreach (string backend in Backends)
        {
            using SmallGpt small = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), DType.BF16);
            Assert.Equal(loss, small.Gradient(), 0.02 * loss);
            double[] gradients = small.Model.Arena.Gradients!.Flat.ToDoubles();
            Assert.InRange(RelativeDistance.Between(reference.Model.Arena.Gradients!.Flat.ToDoubles(), gradients), 1e-4, 0.05);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sequence_of_one_token_scores_like_the_first_of_many(string name)
    {
        foreach (string backend in Backends)
        {
            bool exact = backend == "reference";
            using SmallGpt small = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), exact ? DType.F64 : DType.F32);
            int row = small.Model.Config.PaddedVocabularySize;
            double[] expected = small.Logits()[..row];
            using Step step = small.Engine.BeginStep(StepOptions.Evaluate);
            double[] actual = small.Model.Forward(step.Input(small.Tokens.AsSpan(0, 1), (1, 1))).ToDoubles();
            Assert.InRange(RelativeDistance.Between(expected, actual), 0, exact ? 1e-14 : 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_report_counts_what_is_built(string name)
    {
        using SmallGpt small = ModelOptions.NewModel(name);
        ParameterReport report = new(small.Model.Config);

        Assert.Equal(small.Model.ParameterCount, report.Total);
        IEnumerable<long> Sizes(IEnumerable<long> sizes) => sizes.Order();
        Assert.Equal(
            Sizes(small.Model.Arena.Parameters.Select(small.Model.LogicalCount)),
            Sizes(report.Entries.SelectMany(entry => Enumerable.Repeat(entry.Count / entry.Copies, entry.Copies))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Later_tokens_do_not_change_earlier_scores(string name)
    {
        using SmallGpt small = ModelOptions.NewModel(name);
        double[] before = small.Logits();
        for (int sample = 0; sample < SmallGpt.Batch; sample++)
        {
            small.Tokens[(sample * SmallGpt.Time) + 6] ^= 3;
        }

        double[] after = small.Logits();
        int row = small.Model.Config.PaddedVocabularySize;
        for (int i = 0; i < SmallGpt.Batch * SmallGpt.Time; i++)
        {
            if (i % SmallGpt.Time <= 6)
            {
                Assert.Equal(i % SmallGpt.Time < 6, before.AsSpan(i * row, row).SequenceEqual(after.AsSpan(i * row, row)));
            }
        }
    }

    // Those that change no shape: an option that was forgotten on the way would go unnoticed elsewhere.
    [Theory]
    [InlineData("rmsnorm", "rmsnorm", "plain")]
    [InlineData("swish", "relu", "plain")]
    [InlineData("exact gelu", "plain", "relu")]
    [InlineData("glu", "bilinear", "geglu")]
    [InlineData("swiglu", "reglu", "exact geglu")]
    [InlineData("rope", "no positions", "alibi")]
    [InlineData("rope theta", "interleaved rope", "rope")]
    [InlineData("linear rope", "ntk rope", "llama3 rope")]
    [InlineData("attention cap", "logit cap", "plain")]
    [InlineData("window", "documents", "plain")]
    public void Options_that_change_no_shape_change_the_scores(string first, string second, string third)
    {
        double[][] scores = [.. ((string[])[first, second, third]).Distinct().Select(name =>
        {
            using SmallGpt small = ModelOptions.NewModel(name);
            return small.Logits();
        })];
        for (int i = 0; i < scores.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.InRange(RelativeDistance.Between(scores[j], scores[i]), 1e-4, double.PositiveInfinity);
            }
        }
    }
}
