using GptSharp.Training.Guards;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;
using static GptSharp.Training.Configuration.ResumeRule;
using static GptSharp.Training.Configuration.WholeFormat;

namespace GptSharp.Training.Configuration;

/// <summary>Keys of <c>train:</c>.</summary>
internal static class TrainSettings
{
    /// <summary>What is read before all other keys, because its model's shape is what those of <c>model:</c> refine.</summary>
    public static Setting Init { get; } = Make(
        "init", "Folder of a model to start from instead of random weights: in Hugging Face layout, or a run's. The keys of model: have its values unless set.",
        new OptionalTextFormat("a path", "none"), s => s.Init, (s, value) => s with { Init = value }, Free);

    public static IReadOnlyList<Setting> All { get; } =
    [
        Init,
        Make("steps", "Optimizer updates in the whole run.",
            LongCount, s => s.Steps, (s, value) => s with { Steps = value }, Announced),
        Make("batch", "Sequences per update.",
            Count, s => s.Batch, (s, value) => s with { Batch = value }, Fixed),
        Make("micro_batch", "Sequences per forward and backward pass, to save memory; divides batch; auto is the largest that fits.",
            CountOr("auto"), s => s.MicroBatch, (s, value) => s with { MicroBatch = value }, Announced),
        Make("lr", "Peak learning rate.",
            NumberFormat.Positive, s => s.LearningRate, (s, value) => s with { LearningRate = value }, Announced),
        Make("min_lr", "Learning rate at the end of a decay; auto is a tenth of lr.",
            new OptionalFormat<double>(NumberFormat.NotNegative, "auto"),
            s => s.MinimumLearningRate, (s, value) => s with { MinimumLearningRate = value }, Announced),
        Make("lr_scale_embedding", "Factor of lr for the tables of tokens and positions.",
            NumberFormat.NotNegative, s => s.EmbeddingRateScale, (s, value) => s with { EmbeddingRateScale = value }, Announced),
        Make("lr_scale_layers", "Factor of lr for the blocks: one number for all of them, or a list with one for each.",
            new NumberListFormat(NumberFormat.NotNegative), s => s.LayerRateScales, (s, value) => s with { LayerRateScales = value }, Announced),
        Make("warmup", "Updates over which the learning rate rises to its peak.",
            ZeroOrMore, s => s.WarmupSteps, (s, value) => s with { WarmupSteps = value }, Announced),
        Make("schedule", "What the learning rate does after the warm-up; wsd stays at the peak and falls at the end.",
            ChoiceFormat.Of<ScheduleShape>(), s => s.Schedule, (s, value) => s with { Schedule = value }, Announced),
        Make("decay_shape", "How wsd falls.",
            ChoiceFormat.Of<DecayShape>(), s => s.DecayShape, (s, value) => s with { DecayShape = value }, Announced),
        Make("decay_steps", "Updates over which wsd falls; auto is a fifth of steps.",
            LongCountOr("auto"), s => s.DecaySteps, (s, value) => s with { DecaySteps = value }, Announced),
        Make("optimizer", "What moves the parameters: adamw, or sgd with momentum. A run may be resumed with the other one, whose moments then start at zero.",
            new ChoiceFormat<OptimizerKind>([("adamw", OptimizerKind.AdamW), ("sgd", OptimizerKind.Sgd)]), s => s.Optimizer, (s, value) => s with { Optimizer = value }, Announced),
        Make("momentum", "SGD: how much of the velocity is kept each step.",
            NumberFormat.Share, s => s.Momentum, (s, value) => s with { Momentum = value }, Announced),
        Make("nesterov", "SGD: whether each move looks one step ahead.",
            new FlagFormat(), s => s.Nesterov, (s, value) => s with { Nesterov = value }, Announced),
        Make("beta1", "AdamW: how much of the gradient's running mean is kept each step.",
            NumberFormat.Share, s => s.Beta1, (s, value) => s with { Beta1 = value }, Announced),
        Make("beta2", "AdamW: how much of the squared gradient's running mean is kept each step.",
            NumberFormat.Share, s => s.Beta2, (s, value) => s with { Beta2 = value }, Announced),
        Make("eps", "AdamW: added to the root of the second moment.",
            NumberFormat.Positive, s => s.Epsilon, (s, value) => s with { Epsilon = value }, Announced),
        Make("weight_decay", "Pull of the matrices towards zero, times the learning rate; with sgd it is part of the gradient.",
            NumberFormat.NotNegative, s => s.WeightDecay, (s, value) => s with { WeightDecay = value }, Announced),
        Make("clip", "Largest norm of the whole gradient, which is scaled down to it; 0 switches clipping off.",
            NumberFormat.NotNegative, s => s.GradientClip, (s, value) => s with { GradientClip = value }, Announced),
        Make("seed", "Seed of initialisation, batch order and dropout.",
            Seed, s => s.Seed, (s, value) => s with { Seed = value }, Fixed),
        Make("threads", "Threads on the CPU; auto is one per core. The result is the same to the bit.",
            CountOr("auto"), s => s.Threads, (s, value) => s with { Threads = value }, Free),
        Make("device", "What computes: cpu; cuda, the first NVIDIA GPU, or cuda:1, …; emulator, the GPU's kernels on the CPU (very slow); reference (slow, float64, readable); auto is a GPU where there is one, else cpu.",
            new DeviceFormat(), s => s.Device, (s, value) => s with { Device = value }, Announced),
        Make("memory_limit", "Memory that the run may hold; auto is what is free. Does not count the program itself and the data set.",
            new OptionalFormat<long>(new SizeFormat(), "auto"), s => s.MemoryLimit, (s, value) => s with { MemoryLimit = value }, Free),
        Make("precision", "How numbers are stored: bf16 halves activations and keeps fp32 master weights; bf16-pure has no master weights and rounds updates stochastically. Arithmetic is fp32 in all of them.",
            TrainingPrecisionNames.Format, s => s.Precision, (s, value) => s with { Precision = value }, Fixed),
        Make("recompute", "Gradient checkpointing: what backward computes again instead of keeping, to the same bits, in less memory: the attention half of each block, each block, or every k blocks together.",
            new RecomputeFormat(), s => s.Recompute, (s, value) => s with { Recompute = value }, Free),
        Make("loss_rows", "How many tokens' logits exist at a time, rounded up to a multiple of 32: fewer save memory where the vocabulary is large. The loss is computed from them piece by piece, and the head's gradient with it, at no further arithmetic; all makes one piece of them, and keeps it for backward.",
            CountOr("all"), s => s.LossRows, (s, value) => s with { LossRows = value }, Announced),
        Make("eval_every", "Updates between evaluations; 0 evaluates at the end only.",
            ZeroOrMore, s => s.EvaluateEvery, (s, value) => s with { EvaluateEvery = value }, Free),
        Make("eval_batches", "Batches per evaluated split; all is every token of it once.",
            CountOr("all"), s => s.EvaluationBatches, (s, value) => s with { EvaluationBatches = value }, Free),
        Make("checkpoint_every", "Updates between checkpoints; 0 saves at the end only.",
            ZeroOrMore, s => s.CheckpointEvery, (s, value) => s with { CheckpointEvery = value }, Free),
        Make("checkpoint_background", "Write checkpoints while the training goes on, from a copy of weights and moments in memory; false saves that memory, and the training waits.",
            new FlagFormat(), s => s.CheckpointInBackground, (s, value) => s with { CheckpointInBackground = value }, Free),
        Make("keep_last", "How many of the newest checkpoints are kept.",
            Count, s => s.KeepLast, (s, value) => s with { KeepLast = value }, Free),
        Make("keep_best", "Keep the checkpoint with the lowest validation loss, too.",
            new FlagFormat(), s => s.KeepBest, (s, value) => s with { KeepBest = value }, Free),
        Make("keep_every", "Keep those whose step is a multiple of this for good; 0 for none.",
            ZeroOrMore, s => s.KeepEvery, (s, value) => s with { KeepEvery = value }, Free),
        Make("on_nonfinite", "What a loss or gradient that is no finite number does: stop ends the run, skip leaves the weights as they were and goes on with the next batch.",
            new ChoiceFormat<FaultAction>([("stop", FaultAction.Stop), ("skip", FaultAction.Skip)]),
            s => s.OnNonFinite, (s, value) => s with { OnNonFinite = value }, Free),
        Make("on_spike", "What a loss does that is far above those before it: report says so and goes on, skip and stop do as above.",
            ChoiceFormat.Of<FaultAction>(), s => s.OnSpike, (s, value) => s with { OnSpike = value }, Free),
        Make("spike_score", "From how many standard deviations above the recent mean a loss is a spike; 0 watches for none.",
            NumberFormat.NotNegative, s => s.SpikeScore, (s, value) => s with { SpikeScore = value }, Free),
        Make("spike_window", "Steps that this mean looks back on; nothing is a spike before.",
            Count, s => s.SpikeWindow, (s, value) => s with { SpikeWindow = value }, Free),
        Make("skip_limit", "How many batches may be skipped one after another before the run ends.",
            Count, s => s.SkipLimit, (s, value) => s with { SkipLimit = value }, Free),
        Make("out", "Folder that holds the folders of runs.",
            new TextFormat("a path", mayBeEmpty: false), s => s.OutputFolder, (s, value) => s with { OutputFolder = value }, Free),
        Make("name", "Name of this run's folder; auto is the config file's name.",
            new OptionalTextFormat("a folder name", "auto"), s => s.Name, (s, value) => s with { Name = value }, Free),
    ];

    private static Setting<T> Make<T>(
        string name, string help, ValueFormat<T> format,
        Func<TrainSection, T> read, Func<TrainSection, T, TrainSection> write, ResumeRule resume) =>
        new("train." + name, help, resume, format,
            config => read(config.Train),
            (config, value) => config with { Train = write(config.Train, value) });
}
