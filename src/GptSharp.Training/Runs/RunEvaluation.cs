using GptSharp.Data.Sampling;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Evaluation;
using GptSharp.Training.Input;
using GptSharp.Training.Metrics;

namespace GptSharp.Training.Runs;

/// <summary>Judges the model of a run: by its validation split, by as much of its training split, and by the least loss possible.</summary>
internal sealed class RunEvaluation
{
    private readonly Evaluator _evaluator;
    private readonly EvaluationBlocks _training;
    private readonly EvaluationBlocks _validation;
    private readonly double? _floor;

    private RunEvaluation(Evaluator evaluator, EvaluationBlocks training, EvaluationBlocks validation, double? floor) =>
        (_evaluator, _training, _validation, _floor) = (evaluator, training, validation, floor);

    /// <summary>Prepares the evaluations of a run; null if it keeps nothing for validation.</summary>
    public static RunEvaluation? Create(Gpt model, TrainingData data, BlockSet training, RunConfig config)
    {
        int blockLength = training.BlockLength;
        int batch = config.Train.MicroBatch ?? config.Train.Batch;
        if (data.Blocks(Split.Validation, blockLength, config.Data.Alignment) is not { } split)
        {
            return null;
        }

        var validation = new EvaluationBlocks(split, (long?)config.Train.EvaluationBatches * batch);
        double? floor = data.Grammar is { } grammar ? StoryFloor.Of(grammar, data.Tokenizer, validation) : null;
        return new RunEvaluation(new Evaluator(model, batch), new EvaluationBlocks(training, validation.Count), validation, floor);
    }

    /// <summary>Sequences that pass through the model at once.</summary>
    public int MicroBatch
    {
        get => _evaluator.BatchSize;
        set => _evaluator.BatchSize = value;
    }

    /// <summary>Evaluates.</summary>
    /// <param name="step">Updates done.</param>
    /// <param name="best">The lowest validation loss so far.</param>
    /// <param name="cancellation">Looked at before every batch.</param>
    public Evaluated Run(long step, double? best, CancellationToken cancellation)
    {
        double train = _evaluator.Evaluate(_training, cancellation).Mean;
        double validation = _evaluator.Evaluate(_validation, cancellation).Mean;
        return new Evaluated(step, train, validation, _floor, IsBest: !(validation >= best));
    }
}
