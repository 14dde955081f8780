using GptSharp.Cli.Display;
using Xunit;

namespace GptSharp.Cli.Tests.Display;

public sealed class LossChartTests
{
    private static LossHistory History(params double[] losses)
    {
        LossHistory history = new();
        foreach (double loss in losses)
        {
            history.Add(loss);
        }

        return history;
    }

    [Fact]
    public void Loss_falling_by_equal_factors_is_a_straight_line()
    {
        // Eight losses on eight by eight dots: loss i is dot i of column i, joined upright with the row of loss i - 1.
        LossHistory history = History([.. Enumerable.Range(0, 8).Select(step => Math.Pow(4, -step))]);
        string[] lines = LossChart.Draw(history, null, LossChart.AxisWidth + 4, 2);
        Assert.Equal(" 1.00 ┤⠙⢦⡀ ", lines[0]);
        Assert.Equal(" 0.00 ┤  ⠙⢦", lines[1]);
    }

    [Fact]
    public void The_floor_stretches_the_scale_and_is_marked()
    {
        string[] lines = LossChart.Draw(History(4, 2, 1), 0.25, 27, 6);
        Assert.Equal(" 4.00", lines[0][..5]);
        Assert.Equal(" 0.25 ┤" + new string(LossChart.FloorMark, 20), lines[5]);
    }

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { 3.0 })]
    [InlineData(new[] { 3.0, 3.0, 3.0 })]
    [InlineData(new[] { 0.0, 1e300 })]
    [InlineData(new[] { double.NaN, 2.0, double.PositiveInfinity, 1.0 })]
    public void Any_history_fills_exactly_the_chart(double[] losses)
    {
        string[] lines = LossChart.Draw(History(losses), null, 40, 6);
        Assert.Equal(6, lines.Length);
        Assert.All(lines, line => Assert.Equal(40, line.Length));
        Assert.Equal(losses.Length > 0, lines.Any(line => line.Any(letter => letter is > '\u2800' and <= '\u28ff')));
    }

    [Fact]
    public void A_long_history_keeps_its_mean_and_its_trend_in_bounded_memory()
    {
        LossHistory history = new();
        for (int step = 0; step < 1 << 17; step++)
        {
            history.Add(step);
        }

        double[] points = history.Resample(64);
        Assert.Equal(64, points.Length);
        Assert.Equal(((1 << 17) - 1) / 2.0, points.Average(), 1e-6);
        Assert.Equal(points.Order(), points);
        Assert.True(history.Resample(int.MaxValue).Length <= 1024);
    }

    [Fact]
    public void A_short_history_is_not_stretched_by_the_history_itself() => Assert.Equal([3.0, 1.0], History(3, 1).Resample(100));
}
