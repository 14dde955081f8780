using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

public sealed class RopeConfigTests
{
    private static void AssertClose(IEnumerable<double> expected, double[] actual) =>
        Assert.InRange(RelativeDistance.Between([.. expected], actual), 0, 1e-14);

    [Fact]
    public void Frequencies_fall_geometrically_from_one_radian_per_position() =>
        AssertClose([1, 0.1, 0.01, 0.001], new RopeConfig().Frequencies(8));

    [Fact]
    public void Theta_sets_how_slow_the_slowest_pair_is() =>
        AssertClose([1, Math.Pow(500000, -1.0 / 3), Math.Pow(500000, -2.0 / 3)], new RopeConfig { Theta = 500000 }.Frequencies(6));

    [Fact]
    public void Linear_scaling_slows_every_pair() =>
        AssertClose([0.25, 0.025, 0.0025, 0.00025], new RopeConfig { Scaling = RopeScaling.Linear, Factor = 4 }.Frequencies(8));

    // The fastest pair keeps its speed, and the slowest is slowed by exactly the factor.
    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(4)]
    public void Ntk_scaling_slows_the_slowest_pair_by_the_factor(int width)
    {
        double[] plain = new RopeConfig().Frequencies(width);
        double[] scaled = new RopeConfig { Scaling = RopeScaling.Ntk, Factor = 4 }.Frequencies(width);
        Assert.Equal(1, scaled[0]);
        Assert.Equal(plain[^1] / 4, scaled[^1], 1e-15);
        Assert.All(plain.Zip(scaled).Skip(1), pair => Assert.True(pair.Second < pair.First && pair.Second > pair.First / 4.0001));
    }

    [Fact]
    public void Ntk_scaling_of_a_single_pair_has_nothing_to_slow() =>
        Assert.Equal([1.0], new RopeConfig { Scaling = RopeScaling.Ntk, Factor = 4 }.Frequencies(2));

    // By wavelength, as the released code of Llama 3.1 has it.
    [Fact]
    public void Llama3_scaling_slows_long_waves_and_leaves_short_ones()
    {
        RopeConfig rope = new()
        {
            Theta = 500000,
            Scaling = RopeScaling.Llama3,
            Factor = 8,
            LowFrequencyFactor = 1,
            HighFrequencyFactor = 4,
            OriginalBlockSize = 8192,
        };
        double[] plain = (rope with { Scaling = RopeScaling.None }).Frequencies(128);
        int kept = 0, slowed = 0;
        double[] expected = Array.ConvertAll(plain, frequency =>
        {
            double wavelength = 2 * Math.PI / frequency;
            if (wavelength < 8192 / 4.0)
            {
                kept++;
                return frequency;
            }

            if (wavelength > 8192 / 1.0)
            {
                slowed++;
                return frequency / 8;
            }

            double smooth = ((8192 / wavelength) - 1) / (4 - 1);
            return ((1 - smooth) * frequency / 8) + (smooth * frequency);
        });
        AssertClose(expected, rope.Frequencies(128));
        Assert.InRange(kept, 20, 40);
        Assert.InRange(slowed, 20, 40);
        Assert.InRange(64 - kept - slowed, 3, 10);
    }
}
