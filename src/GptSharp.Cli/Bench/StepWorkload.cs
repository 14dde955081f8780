using System.Diagnostics;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training;
using GptSharp.Training.Optimization;
using GptSharp.Training.Profiling;
using GptSharp.Training.Schedules;

namespace GptSharp.Cli.Bench;

/// <summary>Training steps of one shape on random tokens.</summary>
internal sealed class StepWorkload : IDisposable
{
    private const int Batches = 100;

    // Of the weights that seed 1 draws for W1, one is exactly zero and belongs to a position beyond its 64 tokens: no gradient reaches it,
    // and zero does not decay. Seed 2 draws no such weight, so that every parameter can be seen to move.
    private const ulong WeightSeed = 2;

    private readonly StepShape _shape;
    private readonly Engine _engine;
    private readonly BatchSampler _batches;
    private readonly Gpt _model;
    private readonly TrainStep _step;
    private long _done;

    /// <summary>Prepares steps on the CPU.</summary>
    public StepWorkload(StepShape shape, int threads, Precision? precision = null, Recompute recompute = default, bool tracksActivations = false)
        : this(shape, new CpuBackend(threads), precision, recompute, tracksActivations)
    {
    }

    /// <summary>Prepares steps on any backend, of which it disposes.</summary>
    public StepWorkload(
        StepShape shape, IBackend backend, Precision? precision = null, Recompute recompute = default, bool tracksActivations = false)
    {
        _shape = shape;
        _engine = new Engine(backend, new EngineOptions { TrackActivations = tracksActivations });
        _model = new Gpt(_engine, shape.Model, precision) { Recompute = recompute };
        var random = new Random(1);
        int vocabulary = shape.Model.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, Batches * shape.TokensPerStep).Select(_ => random.Next(vocabulary))];
        var blocks = new BlockSet(new MemoryTokens(tokens, vocabulary), shape.SequenceLength, BlockAlignment.Stream);
        var optimizer = new AdamW(_model.Arena, new AdamWOptions(0.9, 0.99, 1e-8, 0.1, 1));
        _model.Initialize(WeightSeed);
        var schedule = new LearningRateSchedule(ScheduleShape.Constant, Peak: 1e-3, Minimum: 1e-3, WarmupSteps: 0, Steps: 1);
        _batches = new BatchSampler(blocks, seed: 1, shape.BatchSize);
        _step = new TrainStep(_model, optimizer, _batches, schedule, seed: 1, microBatch: shape.BatchSize);
    }

    /// <summary>Bytes of activations that waited for the last backward pass, if they are tracked.</summary>
    public long ActivationBytes => _engine.ReportMemory().ActivationsByOperation.Values.Sum();

    /// <summary>The most that activations and their gradients took at once.</summary>
    public long PeakBytes => _engine.ReportMemory().StepPeak;

    /// <summary>What computes.</summary>
    public IBackend Backend => _engine.Backend;

    /// <summary>Lets a profiler see every step; null for nobody.</summary>
    public void Watch(Profiler? profiler) => (_engine.Observer, _step.Profiler) = (profiler, profiler);

    /// <summary>The model that is trained.</summary>
    public Gpt Model => _model;

    /// <summary>The loss of a batch, in nats per token; nothing is learned.</summary>
    public double ForwardLoss(long batch)
    {
        var tokens = new int[_shape.TokensPerStep];
        var targets = new int[_shape.TokensPerStep];
        _batches.Read(batch, tokens, targets);
        Shape shape = (_shape.BatchSize, _shape.SequenceLength);
        using Step step = _engine.BeginStep(StepOptions.Evaluate);
        return _model.Loss(step.Input(tokens, shape), step.Input(targets, shape), tokens.Length).Item();
    }

    /// <summary>One step: batch, forward, backward, clipping, update.</summary>
    public void Run()
    {
        _step.Run(_done, batch: _done);
        _done++;
    }

    /// <summary>Where the time of steps goes, by operation and by the sizes of its operands.</summary>
    /// <param name="seconds">How long to watch; one step at least.</param>
    public ProfileReport Profile(double seconds)
    {
        var profiler = new Profiler(Backend);
        Watch(profiler);
        for (long start = Stopwatch.GetTimestamp(), number = 1; number == 1 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; number++)
        {
            profiler.Run(number, () =>
            {
                Run();
                return number;
            });
        }

        Watch(null);
        return new ProfileReport(profiler, DeviceSpeed.Of(Backend, _model.Arena.Precision.Storage), bySize: true);
    }

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }
}
