using GptSharp.Data.Sampling;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Tests.Runs;

/// <summary>A run of seconds on a model of a few thousand parameters, with everything that a large one has.</summary>
internal static class SmallRun
{
    public static RunConfig Config(TemporaryFolder folder, string name = "run") => new()
    {
        Model = new ModelSection { LayerCount = 2, HeadCount = 2, Width = 16, BlockSize = 64, Dropout = 0.1 },
        Data = new DataSection { Alignment = BlockAlignment.Document, StoriesCharacters = 60_000, ValidationShare = 0.05 },
        Train = new TrainSection
        {
            Steps = 12,
            Batch = 4,
            MicroBatch = 2,
            LearningRate = 3e-3,
            WarmupSteps = 3,
            Threads = 2,
            EvaluateEvery = 4,
            CheckpointEvery = 3,
            OutputFolder = folder.Path,
            Name = name,
        },
        Sample = new SampleSection { Every = 6, Length = 20 },
    };

    public static RunRecord Run(RunConfig config, bool resume = false, long? interruptAfter = null)
    {
        using var stop = new CancellationTokenSource();
        var record = new RunRecord(interruptAfter, stop);
        using var trainer = new Trainer(config, record, resume, record.Notices.Add);
        record.Finished = trainer.Run(stop.Token);
        return record;
    }
}

/// <summary>Everything that a run said.</summary>
internal sealed class RunRecord(long? interruptAfter, CancellationTokenSource stop) : TrainingObserver
{
    public List<StepDone> Steps { get; } = [];

    public List<Evaluated> Evaluations { get; } = [];

    public List<SampleGenerated> Samples { get; } = [];

    public List<CheckpointSaved> Checkpoints { get; } = [];

    public List<string> Notices { get; } = [];

    public RunFinished? Finished { get; set; }

    public double[] Losses => [.. Steps.Select(step => step.Loss)];

    public RunStarted? Started { get; private set; }

    public override void OnStarted(RunStarted started) => Started = started;

    public override void OnStep(StepDone step)
    {
        Steps.Add(step);
        if (step.Step == interruptAfter)
        {
            stop.Cancel();
        }
    }

    public override void OnEvaluated(Evaluated evaluated) => Evaluations.Add(evaluated);

    public override void OnSample(SampleGenerated sample) => Samples.Add(sample);

    public override void OnCheckpoint(CheckpointSaved checkpoint) => Checkpoints.Add(checkpoint);
}
