using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class DropoutTests : OpConformanceTests<DropoutCases>
{
    [Fact]
    public void A_mask_belongs_to_its_sample_whatever_the_micro_batch()
    {
        const int samples = 6;
        const int elements = 501;
        float[] ones = [.. Enumerable.Repeat(1f, samples * elements)];
        foreach (string backend in TestBackends.Names)
        {
            using var engine = TestBackends.NewEngine(backend);
            double[] whole = Masked(engine, ones, 0, samples);
            var pieces = new List<double>();
            for (uint first = 0; first < samples; first += 2)
            {
                pieces.AddRange(Masked(engine, ones[..(2 * elements)], first, 2));
            }

            Assert.Equal(whole, pieces);
        }

        static double[] Masked(Engine engine, float[] ones, uint firstSample, int samples)
        {
            using Step step = engine.BeginStep(StepOptions.Train(seed: 1, stepIndex: 2, firstSample));
            return Tensors.Ops.Dropout(step.Input(ones, (samples, elements)), 0.5, site: 3).ToDoubles();
        }
    }

    [Fact]
    public void A_mask_does_not_depend_on_the_storage_type()
    {
        foreach (string backend in TestBackends.Names)
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep(StepOptions.Train(1, 2, 3));
            double[] ones = [.. Enumerable.Repeat(1.0, 3 * 9001)];
            bool[] Kept(DType type) => Array.ConvertAll(
                Tensors.Ops.Dropout(step.Input(ones, (3, 9001), type), 0.5, site: 1).ToDoubles(), value => value != 0);

            Assert.Equal(Kept(DType.F32), Kept(DType.BF16));
        }
    }

    [Fact]
    public void The_share_of_zeros_is_the_rate()
    {
        const int count = 400_000;
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Train(1, 2, 3));
        float[] ones = [.. Enumerable.Repeat(1f, count)];

        double[] y = Tensors.Ops.Dropout(step.Input(ones, (4, count / 4)), 0.2, site: 1).ToDoubles();

        // Five standard deviations of a binomial share.
        Assert.Equal(0.2, y.Count(v => v == 0) / (double)count, 5 * Math.Sqrt(0.2 * 0.8 / count));
        Assert.All(y, v => Assert.True(v == 0 || Math.Abs(v - 1.25) < 1e-6));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void A_rate_that_is_no_probability_is_refused(double rate)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Train(1, 2, 3));

        Assert.Throws<TensorException>(() => Tensors.Ops.Dropout(step.Input(new float[4], (2, 2)), rate, 0));
    }
}
