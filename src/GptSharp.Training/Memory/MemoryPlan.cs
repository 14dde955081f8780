using GptSharp.Nn;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Accounting;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Memory;

/// <summary>
/// What a run will hold of its device's memory, to the byte, known before any of it is taken: from a dry run of a training step, an
/// evaluation and samples. The process itself, the data set and a checkpoint that is being written come on top.
/// </summary>
public sealed record MemoryPlan
{
    private MemoryPlan()
    {
    }

    /// <summary>Sequences per forward and backward pass.</summary>
    public required int MicroBatch { get; init; }

    /// <summary>What backward computes again.</summary>
    public required Recompute Recompute { get; init; }

    /// <summary>Who holds what during training.</summary>
    public required MemoryReport Report { get; init; }

    /// <summary>Activations that wait for the backward pass at its start.</summary>
    public required long Activations { get; init; }

    /// <summary>Activations and their gradients at most, of a training step, places between them included.</summary>
    public required long TrainingStep { get; init; }

    /// <summary>Activations of an evaluation at most.</summary>
    public required long EvaluationStep { get; init; }

    /// <summary>Keys and values that samples cache at most.</summary>
    public required long Caches { get; init; }

    /// <summary>The most that is held at once.</summary>
    public required long Peak { get; init; }

    /// <summary>What a step counts as, per token.</summary>
    public required FlopCount FlopsPerToken { get; init; }

    /// <summary>What a training step of a run counts as, per token; the micro-batch does not matter.</summary>
    public static FlopCount CountFlops(RunConfig config, GptConfig shape)
    {
        using var run = new DryRun(config, shape, microBatch: 1);
        return run.Train();
    }

    /// <summary>Makes the plan of a run.</summary>
    /// <param name="config">The run.</param>
    /// <param name="shape">Its model.</param>
    /// <param name="microBatch">Sequences per pass; a divisor of the batch.</param>
    /// <param name="samples">The texts that the run samples.</param>
    public static MemoryPlan Of(RunConfig config, GptConfig shape, int microBatch, SamplePlan samples)
    {
        using var run = new DryRun(config, shape, microBatch);
        FlopCount flops = run.Train();
        run.CopyCheckpoint(samples.IsEvaluated);
        MemoryReport trained = run.Report();
        long evaluation;
        using (var other = new DryRun(config, shape, microBatch))
        {
            other.Evaluate();
            evaluation = other.Report().Steps;
        }

        run.Evaluate();
        run.Sample(samples.PromptLength, samples.LongestStory);
        MemoryReport report = run.Report();
        return new MemoryPlan
        {
            MicroBatch = microBatch,
            Recompute = config.Train.Recompute,
            Report = report,
            Activations = trained.ActivationsByOperation.Values.Sum(),
            TrainingStep = trained.Steps,
            EvaluationStep = evaluation,
            Caches = run.PeakBytes - report.Total,
            Peak = run.PeakBytes,
            FlopsPerToken = flops,
        };
    }
}

/// <summary>What else a run does, as far as memory is concerned.</summary>
/// <param name="PromptLength">Tokens of the prompt, at least 1.</param>
/// <param name="LongestStory">Tokens of the longest story that is judged; null where there are none.</param>
/// <param name="IsEvaluated">Whether there is a validation split.</param>
public readonly record struct SamplePlan(int PromptLength, int? LongestStory, bool IsEvaluated = true);
