using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Accounting;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Evaluation;
using GptSharp.Training.Optimization;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Memory;

/// <summary>
/// What a run does on its device, by the very same code, on an engine that computes nothing and takes no memory: what it would count
/// as, and what it would hold.
/// </summary>
internal sealed class DryRun : IDisposable
{
    // A second pass adds to the gradients of the first; a third does what the second did.
    private const int Passes = 2;

    private readonly RunConfig _config;
    private readonly Device _device;
    private readonly Gpt _model;
    private readonly BlockSet _blocks;
    private readonly int _microBatch;
    private Optimizer? _optimizer;

    public DryRun(RunConfig config, GptConfig shape, int microBatch)
    {
        TrainSection train = config.Train;
        (_config, _microBatch) = (config, microBatch);
        _device = Devices.Open(train.Device, train.Threads, new EngineOptions { IsDryRun = true, TrackActivations = true });
        _model = new Gpt(_device.Engine, shape, train.Precision.On(_device)) { Recompute = train.Recompute, LossRows = train.LossRows };
        int[] text = new int[checked((microBatch * config.Model.BlockSize) + 1)];
        _blocks = new BlockSet(new MemoryTokens(text, shape.VocabularySize), config.Model.BlockSize, BlockAlignment.Stream);
    }

    private Engine Engine => _device.Engine;

    /// <summary>Takes a training step.</summary>
    /// <returns>What it counts as, per token.</returns>
    public FlopCount Train()
    {
        TrainSection train = _config.Train;
        _optimizer = train.CreateOptimizer(_model);
        var batches = new BatchSampler(_blocks, train.Seed, Math.Min(train.Batch, Passes * _microBatch));
        var step = new TrainStep(_model, _optimizer, batches, train.CreateSchedule(), train.Seed, _microBatch);
        var counter = new FlopCounter();
        Engine.Observer = counter;
        step.TryRun(index: 0, batch: 0);
        Engine.Observer = null;
        return counter.Count.Per(step.TokenCount);
    }

    /// <summary>Takes the memory from which checkpoints are written, if they are.</summary>
    /// <param name="isEvaluated">Whether there is a validation split.</param>
    public void CopyCheckpoint(bool isEvaluated)
    {
        if (_config.Train.CopiesCheckpoints(isEvaluated))
        {
            _ = new CheckpointSnapshot(Engine, Checkpoint.FilesOf(_model, _optimizer!)); // goes with the engine
        }
    }

    /// <summary>Evaluates as many sequences as pass at once.</summary>
    public void Evaluate()
    {
        var evaluator = new Evaluator(_model, _microBatch);
        evaluator.Evaluate(new EvaluationBlocks(_blocks));
    }

    /// <summary>Writes samples.</summary>
    /// <param name="promptLength">Tokens of the prompt.</param>
    /// <param name="longestStory">Tokens of the longest story that is judged; null where there are none.</param>
    public void Sample(int promptLength, int? longestStory) =>
        SampleWriter.RunDry(_model, _config.Sample, promptLength, longestStory);

    /// <summary>Who would hold what now.</summary>
    public MemoryReport Report() => Engine.ReportMemory();

    /// <summary>The most that would have been held at once.</summary>
    public long PeakBytes => Engine.PeakBytes;

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
    }
}
