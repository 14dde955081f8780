using GptSharp.Data.Sampling;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Training.Optimization;
using GptSharp.Training.Profiling;
using GptSharp.Training.Schedules;

namespace GptSharp.Training;

/// <summary>One optimizer step: a batch, forward, loss, backward, clip, update.</summary>
/// <param name="model">What is trained.</param>
/// <param name="optimizer">How it moves.</param>
/// <param name="batches">What it sees.</param>
/// <param name="schedule">How far it moves.</param>
/// <param name="seed">Seed of dropout.</param>
/// <param name="microBatch">The first value of <see cref="MicroBatch"/>.</param>
public sealed class TrainStep(
    Gpt model, Optimizer optimizer, BatchSampler batches, LearningRateSchedule schedule, ulong seed, int microBatch)
{
    private readonly int[] _tokens = new int[batches.BatchSize * batches.BlockLength];
    private readonly int[] _targets = new int[batches.BatchSize * batches.BlockLength];

    /// <summary>Sequences that pass through the model at once; a divisor of the batch.</summary>
    public int MicroBatch { get; set; } = microBatch;

    /// <summary>Notes where the time goes; null for nobody.</summary>
    public Profiler? Profiler { get; set; }

    /// <summary>Tokens that one step sees.</summary>
    public int TokenCount => _tokens.Length;

    /// <summary>Trains on one batch.</summary>
    /// <param name="index">Number of the step, from 0: it sets the learning rate and keys dropout.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <exception cref="TrainingException">Loss or gradient is not finite; the weights are as before.</exception>
    public TrainStepResult Run(long index, long batch)
    {
        TrainStepResult result = TryRun(index, batch);
        return result.IsFinite
            ? result
            : throw new TrainingException($"Step {index + 1}, batch {batch + 1}: {result.Fault}; the weights were not touched. Lower train.lr.");
    }

    /// <summary>Trains on one batch if its loss and gradient are sound; else weights and moments stay as they were.</summary>
    /// <param name="index">Number of the step, from 0: it sets the learning rate and keys dropout.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <param name="accepts">Whether to update with a finite loss and gradient; null for always.</param>
    public TrainStepResult TryRun(long index, long batch, Func<TrainStepResult, bool>? accepts = null)
    {
        double loss = ComputeGradient(index, batch);

        Profiler?.Phase("update");
        using Step update = model.Engine.BeginStep(StepOptions.Evaluate);
        Tensor norm = optimizer.GradientNorm();                                     // clip …
        var result = new TrainStepResult(loss, norm.Item(), schedule.At(index));
        if (result.IsFinite && accepts?.Invoke(result) != false)
        {
            optimizer.Update(update, norm, result.LearningRate);                    // … and update
            result = result with { IsUpdated = true };
        }

        return result;
    }

    /// <summary>Computes the gradient of a batch's loss, and nothing else.</summary>
    /// <param name="index">Number of the step: it keys dropout.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <returns>The loss.</returns>
    public double ComputeGradient(long index, long batch)
    {
        Profiler?.Phase("read batch", isHostWork: true);
        batches.Read(batch, _tokens, _targets);                                     // (B, T) each
        long validCount = _targets.LongLength - _targets.Count(target => target == Ops.IgnoredTarget);
        double loss = 0;

        model.Arena.ClearGradients();
        for (int first = 0; first < batches.BatchSize; first += MicroBatch)         // accumulate
        {
            Profiler?.Phase("forward");
            using Step step = model.Engine.BeginStep(StepOptions.Train(seed, (uint)index, (uint)first));
            Tensor tokens = step.Input(Rows(_tokens, first), (MicroBatch, batches.BlockLength));
            Tensor targets = step.Input(Rows(_targets, first), (MicroBatch, batches.BlockLength));
            Tensor part = model.Loss(tokens, targets, validCount);                  // forward
            Profiler?.Phase("backward");
            step.Backward(part);                                                    // backward
            loss += part.Item();
        }

        return loss;
    }

    private ReadOnlySpan<int> Rows(int[] values, int first) =>
        values.AsSpan(first * batches.BlockLength, MicroBatch * batches.BlockLength);
}

/// <summary>What one step gave.</summary>
/// <param name="Loss">What the step descends: the mean cross-entropy of the batch before the update, in nats per token, and the z-loss if there is one.</param>
/// <param name="GradientNorm">Norm of all gradients together, before clipping.</param>
/// <param name="LearningRate">Rate of the update.</param>
/// <param name="IsUpdated">Whether the weights were moved.</param>
public readonly record struct TrainStepResult(double Loss, double GradientNorm, double LearningRate, bool IsUpdated = false)
{
    /// <summary>Whether loss and gradient are finite numbers.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(GradientNorm);

    /// <summary>In words, which of the two is not finite; null if both are.</summary>
    public string? Fault => IsFinite ? null : double.IsFinite(Loss) ? $"the gradient norm is {GradientNorm}" : $"the loss is {Loss}";
}
