using GptSharp.Nn;
using GptSharp.Training.Schedules;

namespace GptSharp.Training.Configuration;

/// <summary>
/// Everything that decides a training run. Immutable; read from YAML by <see cref="RunConfigReader"/>, written by
/// <see cref="RunConfigWriter"/>; every key, its range and its help are declared once, in <see cref="Settings"/>.
/// </summary>
public sealed record RunConfig
{
    /// <summary>The <c>model:</c> section.</summary>
    public ModelSection Model { get; init; } = new();

    /// <summary>The <c>data:</c> section.</summary>
    public DataSection Data { get; init; } = new();

    /// <summary>The <c>train:</c> section.</summary>
    public TrainSection Train { get; init; } = new();

    /// <summary>The <c>sample:</c> section.</summary>
    public SampleSection Sample { get; init; } = new();

    /// <summary>Checks what no single key's range can: that the values fit each other.</summary>
    /// <returns>This configuration, for chaining.</returns>
    /// <exception cref="ConfigurationException">Two values contradict each other; the sentence names both.</exception>
    public RunConfig Validate()
    {
        // The data set is not open yet: any token stands for its separator, which a prepared one may have of its own.
        Model.ToGptConfig(dataVocabularySize: 1, separator: Data.IsBuiltIn && Data.EffectiveSeparator is null ? null : 0);
        TrainSection train = Train;
        if (train.MicroBatch is { } micro && train.Batch % micro != 0)
        {
            throw new ConfigurationException(
                $"train.micro_batch ({micro}) does not divide train.batch ({train.Batch}); every pass needs the same number of sequences.",
                "train.micro_batch");
        }

        if (train.LayerRateScales.Numbers.Count is var scales and not 1 && scales != Model.LayerCount)
        {
            throw new ConfigurationException(
                $"train.lr_scale_layers has {scales} numbers and model.layers is {Model.LayerCount}; give one number for all layers, or one for each.",
                "train.lr_scale_layers");
        }

        LearningRateSchedule schedule = train.CreateSchedule();
        if (schedule.Minimum > schedule.Peak)
        {
            throw new ConfigurationException(
                FormattableString.Invariant($"train.min_lr ({schedule.Minimum}) is above train.lr ({schedule.Peak}), from which the rate falls."),
                "train.min_lr");
        }

        if (schedule.Shape == ScheduleShape.Wsd)
        {
            ValidateDecay(schedule);
        }

        if (Data.EffectiveValidationShare + Data.EffectiveTestShare >= 1)
        {
            throw new ConfigurationException(
                FormattableString.Invariant($"data.validation_share ({Data.EffectiveValidationShare}) and data.test_share ({Data.EffectiveTestShare}) ")
                + "leave nothing to train on; together they must stay below 1.",
                "data.validation_share");
        }

        return this;
    }

    private static void ValidateDecay(LearningRateSchedule schedule)
    {
        if (schedule.WarmupSteps + schedule.DecaySteps > schedule.Steps)
        {
            throw new ConfigurationException(
                $"train.warmup ({schedule.WarmupSteps}) and train.decay_steps ({schedule.DecaySteps}) together exceed train.steps ({schedule.Steps}).",
                "train.decay_steps");
        }

        if (schedule.Decay == DecayShape.Exponential && schedule.Minimum <= 0)
        {
            throw new ConfigurationException(
                "train.min_lr (0) cannot be reached by an exponential decay; set it above 0 or choose another train.decay_shape.", "train.min_lr");
        }
    }
}
