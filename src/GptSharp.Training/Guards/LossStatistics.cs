namespace GptSharp.Training.Guards;

/// <summary>
/// Mean and variance of recent losses, each loss weighing less than the next one: all that is remembered of them, and what a checkpoint
/// holds.
/// </summary>
/// <param name="Count">Losses seen.</param>
/// <param name="Mean">Weighted mean, in nats per token.</param>
/// <param name="Variance">Weighted mean of squared distances from the mean.</param>
public readonly record struct LossStatistics(long Count, double Mean, double Variance)
{
    // A loss that hardly moves must not make a spike of a ripple.
    private const double LeastRelativeDeviation = 0.05;

    /// <summary>What counts as one standard deviation: at least a twentieth of the mean.</summary>
    public double Deviation => Math.Max(Math.Sqrt(Variance), LeastRelativeDeviation * Math.Abs(Mean));

    /// <summary>How many standard deviations a loss lies above the mean.</summary>
    public double Score(double loss) => (loss - Mean) / Deviation;

    /// <summary>The statistics with one more loss.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="window">From this many losses on, older ones fade: one of <paramref name="window"/> steps ago weighs about a seventh.</param>
    public LossStatistics With(double loss, int window)
    {
        // At first the plain mean, then an exponential one (Finch 2009, "Incremental calculation of weighted mean and variance").
        double weight = Math.Max(1.0 / (Count + 1), 2.0 / (window + 1));
        double distance = loss - Mean;
        return new LossStatistics(Count + 1, Mean + (weight * distance), (1 - weight) * (Variance + (weight * distance * distance)));
    }
}
