using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training;
using GptSharp.Training.Optimization;
using GptSharp.Training.Profiling;
using GptSharp.Training.Schedules;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>Training steps of one shape on random tokens.</summary>
public sealed class StepWorkload : IDisposable
{
    private readonly Engine _engine;
    private readonly Gpt _model;
    private readonly TrainStep _step;
    private long _done;

    public StepWorkload(StepShape shape, int threads, Precision? precision = null, Recompute recompute = default)
    {
        _engine = new Engine(new CpuBackend(threads), new EngineOptions { TrackActivations = true });
        _model = new Gpt(_engine, shape.Model, precision) { Recompute = recompute };
        var random = new Random(1);
        int vocabulary = shape.Model.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, 100 * shape.TokensPerStep).Select(_ => random.Next(vocabulary))];
        var blocks = new BlockSet(new MemoryTokens(tokens, vocabulary), shape.Model.BlockSize, BlockAlignment.Stream);
        var optimizer = new AdamW(_model.Arena, new AdamWOptions(0.9, 0.99, 1e-8, 0.1, 1));
        _model.Initialize(seed: 1);
        var schedule = new LearningRateSchedule(ScheduleShape.Constant, Peak: 1e-3, Minimum: 1e-3, WarmupSteps: 0, Steps: 1);
        var batches = new BatchSampler(blocks, seed: 1, shape.BatchSize);
        _step = new TrainStep(_model, optimizer, batches, schedule, seed: 1, microBatch: shape.BatchSize);
    }

    /// <summary>Bytes of activations that waited for the last backward pass.</summary>
    public long ActivationBytes => _engine.ReportMemory().ActivationsByOperation.Values.Sum();

    /// <summary>The most that activations and their gradients took at once.</summary>
    public long PeakBytes => _engine.ReportMemory().StepPeak;

    /// <summary>What computes.</summary>
    public IBackend Backend => _engine.Backend;

    /// <summary>Lets a profiler see every step; null for nobody.</summary>
    public void Watch(Profiler? profiler) => (_engine.Observer, _step.Profiler) = (profiler, profiler);

    /// <summary>One step: batch, forward, backward, clipping, update.</summary>
    public void Run()
    {
        _step.Run(_done, batch: _done);
        _done++;
    }

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }
}
