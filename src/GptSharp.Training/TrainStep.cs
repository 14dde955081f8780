using GptSharp.Data.Sampling;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

namespace GptSharp.Training;

/// <summary>One optimizer step: a batch, forward, loss, backward, clip, update.</summary>
/// <param name="model">What is trained.</param>
/// <param name="optimizer">How it moves.</param>
/// <param name="batches">What it sees.</param>
/// <param name="schedule">How far it moves.</param>
/// <param name="seed">Seed of dropout.</param>
/// <param name="microBatch">Sequences that pass through the model at once; a divisor of the batch.</param>
public sealed class TrainStep(
    Gpt model, AdamW optimizer, BatchSampler batches, LearningRateSchedule schedule, ulong seed, int microBatch)
{
    private readonly int[] _tokens = new int[batches.BatchSize * batches.BlockLength];
    private readonly int[] _targets = new int[batches.BatchSize * batches.BlockLength];

    /// <summary>Tokens that one step sees.</summary>
    public int TokenCount => _tokens.Length;

    /// <summary>Trains on one batch.</summary>
    /// <param name="index">Number of the step, from 0: it sets the learning rate and keys dropout.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <exception cref="TrainingException">Loss or gradient is not finite; the weights are as before.</exception>
    public TrainStepResult Run(long index, long batch)
    {
        batches.Read(batch, _tokens, _targets);                                     // (B, T) each
        long validCount = _targets.LongLength - _targets.Count(target => target == Ops.IgnoredTarget);
        double learningRate = schedule.At(index);
        double loss = 0;

        model.Arena.ClearGradients();
        for (int first = 0; first < batches.BatchSize; first += microBatch)         // accumulate
        {
            using Step step = model.Engine.BeginStep(StepOptions.Train(seed, (uint)index, (uint)first));
            Tensor tokens = step.Input(Rows(_tokens, first), (microBatch, batches.BlockLength));
            Tensor targets = step.Input(Rows(_targets, first), (microBatch, batches.BlockLength));
            Tensor part = model.Loss(tokens, targets, validCount);                  // forward
            step.Backward(part);                                                    // backward
            loss += part.Item();
        }

        using Step update = model.Engine.BeginStep(StepOptions.Evaluate);
        Tensor norm = optimizer.GradientNorm();                                     // clip …
        double gradientNorm = norm.Item();
        if (!double.IsFinite(loss) || !double.IsFinite(gradientNorm))
        {
            throw new TrainingException(
                $"Step {index + 1}: the {(double.IsFinite(loss) ? $"gradient norm is {gradientNorm}" : $"loss is {loss}")}; "
                + "the weights were not touched. Lower train.lr, or resume from the last checkpoint.");
        }

        optimizer.Update(update, norm, learningRate);                               // … and update
        return new TrainStepResult(loss, gradientNorm, learningRate);
    }

    private ReadOnlySpan<int> Rows(int[] values, int first) =>
        values.AsSpan(first * batches.BlockLength, microBatch * batches.BlockLength);
}

/// <summary>What one step gave.</summary>
/// <param name="Loss">What the step descends: the mean cross-entropy of the batch before the update, in nats per token, and the z-loss if there is one.</param>
/// <param name="GradientNorm">Norm of all gradients together, before clipping.</param>
/// <param name="LearningRate">Rate of the update.</param>
public readonly record struct TrainStepResult(double Loss, double GradientNorm, double LearningRate);
