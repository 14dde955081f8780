namespace GptSharp.Training.Guards;

/// <summary>Watches the training loss for spikes: losses far above those of the steps before.</summary>
/// <param name="threshold">Standard deviations above the recent mean from which a loss is a spike; 0 to watch for none.</param>
/// <param name="window">Steps that the mean looks back on; until so many have passed nothing is a spike.</param>
public sealed class LossSpikes(double threshold, int window)
{
    /// <summary>What is remembered of the losses so far.</summary>
    public LossStatistics Statistics { get; set; }

    /// <summary>How many standard deviations a loss lies above the recent mean.</summary>
    public double Score(double loss) => Statistics.Score(loss);

    /// <summary>Whether a loss is a spike, by the losses before it.</summary>
    public bool IsSpike(double loss) => threshold > 0 && Statistics.Count >= window && Score(loss) > threshold;

    /// <summary>Remembers the loss of a step that was taken. A spike counts as a loss at the threshold, so that it does not hide the next.</summary>
    public void Add(double loss)
    {
        double counted = IsSpike(loss) ? Statistics.Mean + (threshold * Statistics.Deviation) : loss;
        Statistics = Statistics.With(counted, window);
    }
}
