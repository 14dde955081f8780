namespace GptSharp.Training.Schedules;

/// <summary>
/// The learning rate as a function of the step, and of nothing else, so that a resumed run needs no state for it. With W warm-up steps,
/// N steps and D decay steps, update t = 0, 1, … uses:
/// <code>
/// t &lt; W:     Peak (t + 1) / W                               (update W - 1 already has the peak)
/// cosine:    Minimum + (Peak - Minimum) (1 + cos(pi q)) / 2   q = min(1, (t - W) / (N - W))
/// linear:    Minimum + (Peak - Minimum) (1 - q)
/// constant:  Peak
/// wsd:       Peak, and from t = N - D a <see cref="DecayShape"/> of q = min(1, (t - (N - D)) / D)
/// </code>
/// After step N the rate stays where it ended.
/// </summary>
/// <param name="Shape">What follows the warm-up.</param>
/// <param name="Peak">Learning rate at the end of the warm-up; above 0.</param>
/// <param name="Minimum">Learning rate at the end of a decay; 0 to <paramref name="Peak"/>. A constant schedule ignores it.</param>
/// <param name="WarmupSteps">W; 0 starts at the peak.</param>
/// <param name="Steps">N, the steps of the whole run.</param>
/// <param name="DecaySteps">D, used by <see cref="ScheduleShape.Wsd"/> only.</param>
/// <param name="Decay">How <see cref="ScheduleShape.Wsd"/> falls.</param>
public sealed record LearningRateSchedule(
    ScheduleShape Shape, double Peak, double Minimum, long WarmupSteps, long Steps, long DecaySteps = 0, DecayShape Decay = DecayShape.OneMinusSqrt)
{
    /// <summary>The learning rate of one update.</summary>
    /// <param name="step">t, counted from 0.</param>
    /// <returns>The rate.</returns>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmupSteps)
        {
            return Peak * (step + 1) / WarmupSteps;
        }

        return Shape switch
        {
            ScheduleShape.Constant => Peak,
            ScheduleShape.Linear => AboveMinimum(1 - Progress(step, WarmupSteps)),
            ScheduleShape.Cosine => AboveMinimum(HalfCosine(Progress(step, WarmupSteps))),
            ScheduleShape.Wsd => step < Steps - DecaySteps ? Peak : Decayed(Progress(step, Steps - DecaySteps)),
            _ => throw new InvalidOperationException($"There is no learning-rate schedule {Shape}."),
        };
    }

    private static double HalfCosine(double q) => (1 + Math.Cos(Math.PI * q)) / 2;

    // A decay of no length is over at once.
    private double Progress(long step, long start) => step >= Steps ? 1 : (double)(step - start) / (Steps - start);

    private double AboveMinimum(double share) => Minimum + ((Peak - Minimum) * share);

    private double Decayed(double q) => Decay switch
    {
        DecayShape.Linear => AboveMinimum(1 - q),
        DecayShape.OneMinusSqrt => AboveMinimum(1 - Math.Sqrt(q)),
        DecayShape.Cosine => AboveMinimum(HalfCosine(q)),
        DecayShape.Exponential => Peak * Math.Pow(Minimum / Peak, q),
        _ => throw new InvalidOperationException($"There is no decay shape {Decay}."),
    };
}
