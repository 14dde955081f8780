namespace GptSharp.Training.Checkpoints;

/// <summary>Which checkpoints of a run are kept when a new one is there.</summary>
/// <param name="Last">How many of the newest; at least 1.</param>
/// <param name="Best">Whether the one with the lowest validation loss is kept.</param>
/// <param name="Every">Those whose step is a multiple of this are kept for good; 0 for none.</param>
public sealed record Retention(int Last, bool Best, long Every)
{
    /// <summary>The steps that may go.</summary>
    /// <param name="steps">Steps that have a checkpoint, ascending.</param>
    /// <param name="bestStep">The step with the lowest validation loss, if there was an evaluation.</param>
    public IReadOnlyList<long> Superfluous(IReadOnlyList<long> steps, long? bestStep) =>
    [
        .. steps.SkipLast(Last).Where(step => !(Best && step == bestStep) && !(Every > 0 && step % Every == 0)),
    ];
}
