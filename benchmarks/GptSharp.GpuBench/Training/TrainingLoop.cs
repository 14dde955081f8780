using System.Diagnostics;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Training;
using GptSharp.Training.Accounting;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

namespace GptSharp.GpuBench.Training;

/// <summary>Training steps on random tokens: forward, backward, clipping, AdamW.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private const int Batches = 8;
    private readonly Gpt _model;
    private readonly TrainStep _step;
    private readonly TrainingShape _shape;
    private long _done;

    /// <summary>Makes model and data.</summary>
    public TrainingLoop(Engine engine, TrainingShape shape)
    {
        _shape = shape;
        _model = new Gpt(engine, shape.Model, shape.Precision);
        var random = new Random(1);
        int vocabulary = shape.Model.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, (Batches * TokensPerStep) + 1).Select(_ => random.Next(vocabulary))];
        var blocks = new BlockSet(new MemoryTokens(tokens, vocabulary), shape.Model.BlockSize, BlockAlignment.Stream);
        var optimizer = new AdamW(_model.Arena, new AdamWOptions(0.9, 0.95, 1e-8, 0.1, 1));
        _model.Initialize(seed: 1);
        var schedule = new LearningRateSchedule(ScheduleShape.Constant, Peak: 1e-4, Minimum: 1e-4, WarmupSteps: 0, Steps: 1);
        _step = new TrainStep(_model, optimizer, new BatchSampler(blocks, seed: 1, shape.BatchSize), schedule, seed: 1, microBatch: shape.BatchSize);
    }

    /// <summary>B T.</summary>
    public int TokensPerStep => _shape.BatchSize * _shape.Model.BlockSize;

    /// <summary>Loss of the last step.</summary>
    public double Loss { get; private set; }

    /// <summary>Operations of a step, counted.</summary>
    public FlopCount CountFlops()
    {
        var counter = new FlopCounter();
        _model.Engine.Observer = counter;
        Run(1);
        _model.Engine.Observer = null;
        return counter.Count.Per(TokensPerStep);
    }

    /// <summary>One step whose results do not count: its kernels are run more than once.</summary>
    public void Measure()
    {
        _step.TryRun(_done, _done);
        _done++;
    }

    /// <summary>Trains, and says how long it took.</summary>
    public TimeSpan Run(int steps)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < steps; i++)
        {
            Loss = _step.Run(_done, _done).Loss;
            _done++;
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
