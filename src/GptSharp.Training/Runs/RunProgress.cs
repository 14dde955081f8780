namespace GptSharp.Training.Runs;

/// <summary>How far a run has come, beside its weights and moments: what changes from step to step and goes into its checkpoints.</summary>
internal sealed class RunProgress
{
    /// <summary>Updates done.</summary>
    public long Done { get; set; }

    /// <summary>Seconds of training before this process.</summary>
    public double SecondsBefore { get; set; }

    /// <summary>The step after which the model was last evaluated; null before the first time.</summary>
    public long? EvaluatedStep { get; set; }

    /// <summary>The lowest validation loss so far.</summary>
    public double? BestLoss { get; set; }

    /// <summary>The step that reached it.</summary>
    public long? BestStep { get; set; }
}
