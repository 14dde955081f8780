using GptSharp.Nn;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Guards;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

namespace GptSharp.Training.Configuration;

/// <summary>The <c>train:</c> section: optimizer, schedule, cadence, machine and run folder.</summary>
public sealed record TrainSection
{
    /// <summary>Folder of the model whose weights the run starts from; null for weights drawn from <see cref="Seed"/>.</summary>
    public string? Init { get; init; }

    /// <summary>Optimizer updates in the whole run.</summary>
    public long Steps { get; init; } = 2000;

    /// <summary>Sequences per update: the global batch.</summary>
    public int Batch { get; init; } = 12;

    /// <summary>Sequences per forward and backward pass; divides <see cref="Batch"/>; null for the largest that fits.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Learning rate at the end of a decay; null for a tenth of <see cref="LearningRate"/>.</summary>
    public double? MinimumLearningRate { get; init; }

    /// <summary>Factor of the learning rate for the embedding tables.</summary>
    public double EmbeddingRateScale { get; init; } = 1;

    /// <summary>Factors of the learning rate for the blocks: one for all, or one each.</summary>
    public NumberList LayerRateScales { get; init; } = NumberList.Of(1);

    /// <summary>Updates over which the learning rate rises to its peak.</summary>
    public long WarmupSteps { get; init; } = 100;

    /// <summary>What the learning rate does after the warm-up.</summary>
    public ScheduleShape Schedule { get; init; } = ScheduleShape.Cosine;

    /// <summary>How a warm-up-stable-decay schedule falls.</summary>
    public DecayShape DecayShape { get; init; } = DecayShape.OneMinusSqrt;

    /// <summary>Updates over which it falls; null for a fifth of <see cref="Steps"/>.</summary>
    public long? DecaySteps { get; init; }

    /// <summary>What moves the parameters.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>SGD's share of the velocity that is kept.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Whether SGD looks one update ahead.</summary>
    public bool Nesterov { get; init; }

    /// <summary>AdamW's decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>AdamW's epsilon, added to the bias-corrected root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay of tensors with two or more dimensions: AdamW's is decoupled, SGD's is part of the gradient.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest global norm of the gradient; 0 for no clipping.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Seed of initialisation, batch order, dropout.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads of the CPU backend; null for one per core.</summary>
    public int? Threads { get; init; }

    /// <summary>Bytes that the run may hold on its device; null for what is free.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Device name as <c>--device</c> takes it.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>What is computed again in the backward pass instead of stored.</summary>
    public Recompute Recompute { get; init; } = Recompute.None;

    /// <summary>Rows of logits that exist at a time, one per token; null for all of them.</summary>
    public int? LossRows { get; init; }

    /// <summary>How numbers are stored.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Fp32;

    /// <summary>Updates between evaluations; 0 evaluates at the end only.</summary>
    public long EvaluateEvery { get; init; } = 250;

    /// <summary>Batches per evaluated split; null for the whole split.</summary>
    public int? EvaluationBatches { get; init; }

    /// <summary>Updates between checkpoints; 0 saves at the end only.</summary>
    public long CheckpointEvery { get; init; } = 500;

    /// <summary>Whether checkpoints are written from a copy of the model while it trains on.</summary>
    public bool CheckpointInBackground { get; init; } = true;

    /// <summary>How many of the newest checkpoints are kept.</summary>
    public int KeepLast { get; init; } = 2;

    /// <summary>Whether the checkpoint with the lowest validation loss is kept.</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>Checkpoints whose step is a multiple of this are kept for good; 0 for none.</summary>
    public long KeepEvery { get; init; }

    /// <summary>What is done about a batch whose loss or gradient is not finite.</summary>
    public FaultAction OnNonFinite { get; init; } = FaultAction.Stop;

    /// <summary>What is done about a batch whose loss is a spike.</summary>
    public FaultAction OnSpike { get; init; } = FaultAction.Report;

    /// <summary>Standard deviations above the recent losses from which a loss is a spike; 0 for none.</summary>
    public double SpikeScore { get; init; } = 8;

    /// <summary>Steps that the watch for spikes looks back on.</summary>
    public int SpikeWindow { get; init; } = 100;

    /// <summary>Batches that may be skipped one after another.</summary>
    public int SkipLimit { get; init; } = 5;

    /// <summary>Folder that holds run folders.</summary>
    public string OutputFolder { get; init; } = "runs";

    /// <summary>Name of this run's folder; null until the reader fills in the config file's name.</summary>
    public string? Name { get; init; }

    /// <summary>Folder of this run.</summary>
    public string RunFolder => System.IO.Path.Combine(OutputFolder, Name ?? "run");

    /// <summary>Which checkpoints are kept.</summary>
    public Retention Retention => new(KeepLast, KeepBest, KeepEvery);

    /// <summary>Whether checkpoints are written from a copy while the training goes on.</summary>
    /// <param name="isEvaluated">Whether there is anything to evaluate with: the best model is saved.</param>
    public bool CopiesCheckpoints(bool isEvaluated) =>
        CheckpointInBackground && (CheckpointEvery > 0 || (EvaluateEvery > 0 && isEvaluated));

    /// <summary>The learning rate of every step.</summary>
    /// <returns>The schedule.</returns>
    public LearningRateSchedule CreateSchedule() =>
        new(Schedule, LearningRate, MinimumLearningRate ?? LearningRate / 10, WarmupSteps, Steps, DecaySteps ?? Steps / 5, DecayShape);

    /// <summary>The optimizer of a model, with moments of zeros.</summary>
    /// <param name="model">The model.</param>
    public Optimizer CreateOptimizer(Gpt model)
    {
        double clip = GradientClip == 0 ? double.PositiveInfinity : GradientClip;
        var scales = new LearningRateScales(EmbeddingRateScale, LayerRateScales.Numbers);
        Func<Parameter, double> rateScale = parameter => scales.Of(model, parameter);
        return Optimizer == OptimizerKind.Sgd
            ? new Sgd(model.Arena, new SgdOptions(Momentum, Nesterov, WeightDecay, clip), Seed, rateScale)
            : new AdamW(model.Arena, new AdamWOptions(Beta1, Beta2, Epsilon, WeightDecay, clip), Seed, rateScale);
    }
}
