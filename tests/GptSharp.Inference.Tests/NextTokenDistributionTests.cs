using GptSharp.Tensors;

namespace GptSharp.Inference.Tests;

public sealed class NextTokenDistributionTests
{
    // Probabilities 0.1, 0.2, 0.3, 0.4 at temperature 1; their squares over 0.3 at temperature 1/2.
    private static readonly double[] Hand = [Math.Log(1), Math.Log(2), Math.Log(3), Math.Log(4)];

    private static readonly double[] Many =
        [0.3, -1.2, 2.5, 2.5, 0.3, 1.1, -4.0, 2.4, 0.3, 1.7, -0.6, 2.5, 0.0, 1.7, 3.1, -2.2, 0.9, 1.6, 0.8];

    private static double[] Compute(double[] scores, SamplingOptions options, params double[] padding)
    {
        var distribution = new NextTokenDistribution(scores.Length, options);
        distribution.Compute([.. scores, .. padding]);
        return [.. Enumerable.Range(0, scores.Length).Select(distribution.Probability)];
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int token = 0; token < expected.Length; token++)
        {
            // What is excluded is excluded exactly.
            Assert.Equal(expected[token] == 0, actual[token] == 0);
            Assert.Equal(expected[token], actual[token], 1e-14);
        }
    }

    public static TheoryData<double, int?, double, double[]> ByHand => new()
    {
        { 1, null, 1, [0.1, 0.2, 0.3, 0.4] },
        { 0.5, null, 1, [1 / 30.0, 4 / 30.0, 9 / 30.0, 16 / 30.0] },
        { 0, null, 1, [0, 0, 0, 1] },
        { 1, 2, 1, [0, 0, 3 / 7.0, 4 / 7.0] },
        { 1, 9, 1, [0.1, 0.2, 0.3, 0.4] },
        { 1, null, 0.39, [0, 0, 0, 1] },
        { 1, null, 0.41, [0, 0, 3 / 7.0, 4 / 7.0] },
        { 1, null, 0.69, [0, 0, 3 / 7.0, 4 / 7.0] },
        { 1, null, 0.71, [0, 2 / 9.0, 3 / 9.0, 4 / 9.0] },
        { 1, null, 0.91, [0.1, 0.2, 0.3, 0.4] },

        // Of the three likeliest, 4/9 and 3/9 are enough for 0.75, although 0.4 and 0.3 are not.
        { 1, 3, 0.75, [0, 0, 3 / 7.0, 4 / 7.0] },
    };

    [Theory]
    [MemberData(nameof(ByHand))]
    public void Probabilities_are_those_worked_out_by_hand(double temperature, int? topK, double topP, double[] expected) =>
        AssertClose(expected, Compute(Hand, new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP }));

    public static TheoryData<double, int?, double> Settings
    {
        get
        {
            var settings = new TheoryData<double, int?, double>();
            foreach (double temperature in (double[])[0, 0.25, 0.7, 1, 1.9])
            {
                foreach (int? topK in (int?[])[null, 1, 2, 3, 4, 5, 12, 19, 40])
                {
                    foreach (double topP in (double[])[1e-9, 0.2, 0.5, 0.77, 0.95, 0.999999, 1])
                    {
                        settings.Add(temperature, topK, topP);
                    }
                }
            }

            return settings;
        }
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Settings))]
    public void Probabilities_are_those_of_the_definition(double temperature, int? topK, double topP) =>
        AssertClose(
            EnumeratedDistribution.Of(Many, temperature, topK, topP),
            Compute(Many, new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP }));

    [Theory]
    [InlineData(0, null, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(1, null, 0.1)]
    public void Of_equal_scores_the_lowest_token_is_taken(double temperature, int? topK, double topP) =>
        AssertClose(
            [0, 0, 1, 0, 0],
            Compute([1, 0, 3, 3, 3], new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP }));

    [Theory]
    [InlineData(0, null, 1)]
    [InlineData(1, null, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(1, null, 0.6)]
    public void Padding_has_no_part_in_it(double temperature, int? topK, double topP)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP };
        Assert.Equal(Compute(Hand, options), Compute(Hand, options, 100, double.NaN, double.PositiveInfinity));
    }

    [Fact]
    public void Temperatures_near_both_ends_stay_finite()
    {
        AssertClose([0, 0, 0, 1], Compute(Hand, new SamplingOptions { Temperature = double.Epsilon }));
        AssertClose([0.25, 0.25, 0.25, 0.25], Compute(Hand, new SamplingOptions { Temperature = double.MaxValue }));
        AssertClose([0.5, 0.5], Compute([3000, 3000], new SamplingOptions()));
        AssertClose([0, 1], Compute([double.NegativeInfinity, -5], new SamplingOptions()));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.0999, 0)]
    [InlineData(0.1001, 1)]
    [InlineData(0.2999, 1)]
    [InlineData(0.3001, 2)]
    [InlineData(0.6001, 3)]
    [InlineData(0.99999999999999989, 3)]
    public void A_draw_divides_the_unit_interval_among_the_tokens(double uniform, int token)
    {
        var distribution = new NextTokenDistribution(4, new SamplingOptions());
        distribution.Compute(Hand);
        Assert.Equal(token, distribution.Draw(uniform));
    }

    [Fact]
    public void No_draw_gives_an_impossible_token()
    {
        var distribution = new NextTokenDistribution(5, new SamplingOptions());
        distribution.Compute([-2000, 0.1, -2000, 0.2, -2000]);
        Assert.Equal(1, distribution.Draw(0));
        Assert.Equal(3, distribution.Draw(Math.BitDecrement(1.0)));
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(double.NegativeInfinity, double.NegativeInfinity)]
    public void Scores_of_a_broken_model_are_refused(double first, double second)
    {
        var distribution = new NextTokenDistribution(2, new SamplingOptions());
        TensorException refused = Assert.Throws<TensorException>(() => distribution.Compute([first, second]));
        Assert.Contains("training diverged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_allocates_nothing_per_token()
    {
        var distribution = new NextTokenDistribution(Many.Length, new SamplingOptions { TopK = 9, TopP = 0.8 });
        distribution.Compute(Many);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            distribution.Compute(Many);
            distribution.Draw(i / 100.0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
