using GptSharp.Data.Sampling;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Training.Evaluation;

/// <summary>The mean loss of a model over a split, in fixed order, with dropout off.</summary>
public sealed class Evaluator
{
    private readonly Gpt _model;

    /// <summary>Evaluates a model, some blocks at a time.</summary>
    public Evaluator(Gpt model, int batchSize)
    {
        _model = model;
        BatchSize = batchSize;
    }

    /// <summary>Blocks that pass through the model at once.</summary>
    public int BatchSize { get; set; }

    /// <summary>Runs the model over every block.</summary>
    public LossReport Evaluate(EvaluationBlocks blocks, CancellationToken cancellation = default)
    {
        int length = blocks.BlockLength;
        double sum = 0;
        long scored = 0;
        for (long first = 0; first < blocks.Count; first += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(BatchSize, blocks.Count - first);
            var tokens = new int[count * length];
            var targets = new int[count * length];
            for (int i = 0; i < count; i++)
            {
                blocks.Read(first + i, tokens.AsSpan(i * length, length), targets.AsSpan(i * length, length));
            }

            long valid = targets.LongLength - targets.Count(target => target == Ops.IgnoredTarget);
            using Step step = _model.Engine.BeginStep(StepOptions.Evaluate);
            Tensor loss = _model.Loss(step.Input(tokens, (count, length)), step.Input(targets, (count, length)), valid);
            sum += loss.Item() * valid;
            scored += valid;
        }

        return new LossReport(scored == 0 ? double.NaN : sum / scored, scored);
    }
}

/// <summary>The outcome of an evaluation.</summary>
/// <param name="Mean">Mean cross-entropy per scored target, in nats.</param>
/// <param name="Scored">Targets that were scored.</param>
public readonly record struct LossReport(double Mean, long Scored);
