using GptSharp.Training.Guards;

namespace GptSharp.Training.Tests.Guards;

public sealed class LossSpikesTests
{
    [Fact]
    public void Up_to_the_window_the_statistics_are_the_plain_mean_and_variance()
    {
        double[] losses = [3.1, 2.9, 3.4, 2.2, 2.8];
        LossStatistics statistics = losses.Aggregate(new LossStatistics(), (before, loss) => before.With(loss, window: 20));
        double mean = losses.Average();
        Assert.Equal(mean, statistics.Mean, 1e-12);
        Assert.Equal(losses.Average(loss => (loss - mean) * (loss - mean)), statistics.Variance, 1e-12);
    }

    [Fact]
    public void Beyond_the_window_they_are_exponential_ones()
    {
        // The weights of the definition, written out: each new loss has 2 / (n + 1), everything before shares the rest.
        const int window = 9;
        double[] losses = [.. Enumerable.Range(0, 60).Select(i => 2 + Math.Sin(i))];
        LossStatistics statistics = losses.Aggregate(new LossStatistics(), (before, loss) => before.With(loss, window));

        var weights = new double[losses.Length];
        for (int i = 0; i < losses.Length; i++)
        {
            double weight = Math.Max(1.0 / (i + 1), 2.0 / (window + 1));
            for (int before = 0; before < i; before++)
            {
                weights[before] *= 1 - weight;
            }

            weights[i] = weight;
        }

        double mean = losses.Zip(weights, (loss, weight) => loss * weight).Sum();
        Assert.Equal(1, weights.Sum(), 1e-12);
        Assert.Equal(mean, statistics.Mean, 1e-12);
        Assert.Equal(losses.Zip(weights, (loss, weight) => weight * (loss - mean) * (loss - mean)).Sum(), statistics.Variance, 1e-12);
    }

    [Fact]
    public void A_loss_far_above_the_recent_ones_is_a_spike_and_does_not_hide_the_next()
    {
        var spikes = new LossSpikes(threshold: 6, window: 50);
        for (int i = 0; i < 200; i++)
        {
            double loss = 4 - (0.01 * i) + (0.05 * Math.Sin(i));
            Assert.False(spikes.IsSpike(loss), $"step {i}");
            spikes.Add(loss);
        }

        Assert.True(spikes.IsSpike(5));
        Assert.True(spikes.Score(5) > 6);
        spikes.Add(5);
        Assert.True(spikes.IsSpike(5));
        Assert.False(spikes.IsSpike(1.5)); // a fall is good news
    }

    [Fact]
    public void Before_the_window_is_full_and_without_a_threshold_nothing_is_a_spike()
    {
        var young = new LossSpikes(threshold: 3, window: 10);
        var off = new LossSpikes(threshold: 0, window: 1);
        for (int i = 0; i < 9; i++)
        {
            young.Add(1 + (0.01 * (i % 2)));
            off.Add(1);
        }

        Assert.False(young.IsSpike(1000));
        young.Add(1);
        Assert.True(young.IsSpike(1000));
        Assert.False(off.IsSpike(1000));
    }

    [Fact]
    public void A_ripple_on_a_flat_loss_is_no_spike()
    {
        var spikes = new LossSpikes(threshold: 8, window: 10);
        for (int i = 0; i < 100; i++)
        {
            spikes.Add(0.1);
        }

        Assert.False(spikes.IsSpike(0.1 * 1.39));
        Assert.True(spikes.IsSpike(0.1 * 1.41));
    }
}
