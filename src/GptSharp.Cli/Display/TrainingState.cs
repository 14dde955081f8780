using GptSharp.Training.Metrics;

namespace GptSharp.Cli.Display;

/// <summary>What a display knows of a run: the newest event of each kind, and the curve.</summary>
internal sealed class TrainingState(RunStarted started)
{
    public RunStarted Started { get; } = started;

    public LossHistory History { get; } = new();

    public StepDone? Step { get; private set; }

    public Evaluated? Evaluation { get; set; }

    public CheckpointSaved? Checkpoint { get; set; }

    /// <summary>The texts of the newest sampling, in order.</summary>
    public List<SampleGenerated> Samples { get; } = [];

    /// <summary>Updates done.</summary>
    public long StepCount => Step?.Step ?? Started.FirstStep;

    /// <summary>Time left at the pace so far, or null before there is one.</summary>
    public TimeSpan? Remaining => Step is { } step && step.Step > Started.FirstStep
        ? step.Elapsed / (step.Step - Started.FirstStep) * (Started.Steps - step.Step)
        : null;

    public void Add(StepDone step)
    {
        Step = step;
        History.Add(step.Loss);
    }

    public void Add(SampleGenerated sample)
    {
        Samples.RemoveAll(earlier => earlier.Step != sample.Step);
        Samples.Add(sample);
    }
}
