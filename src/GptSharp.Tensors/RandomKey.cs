namespace GptSharp.Tensors;

/// <summary>
/// What a random mask depends on, besides the element's place in its sample: nothing of how the work is split. Recomputation
/// therefore replays it exactly, and it does not change with the micro-batch.
/// </summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Step">Number of the optimizer step.</param>
/// <param name="FirstSample">Index in the global batch of the tensor's first sample (its first axis).</param>
/// <param name="Site">Which of the model's random operations.</param>
public readonly record struct RandomKey(ulong Seed, uint Step, uint FirstSample, uint Site)
{
    internal static RandomKey Of(Step step, uint site) =>
        new(step.Options.Seed, step.Options.StepIndex, step.Options.FirstSample, site);
}
