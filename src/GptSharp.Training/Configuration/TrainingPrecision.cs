using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Training.Configuration;

/// <summary>How a run stores its numbers, by the names of the configuration.</summary>
public enum TrainingPrecision
{
    /// <summary>Everything as exactly as the device computes: binary32, on <c>reference</c> binary64.</summary>
    Fp32,

    /// <summary>Parameters and activations in BF16; master weights, moments, parameter gradients, loss and statistics in binary32.</summary>
    Bf16,

    /// <summary>Parameter gradients in BF16 too, and no master weights: updates are rounded stochastically.</summary>
    Bf16Pure,
}

/// <summary>How the configuration and the command line write the precisions.</summary>
public static class TrainingPrecisionNames
{
    private static readonly (string Name, TrainingPrecision Value)[] Pairs =
        [("fp32", TrainingPrecision.Fp32), ("bf16", TrainingPrecision.Bf16), ("bf16-pure", TrainingPrecision.Bf16Pure)];

    /// <summary>Every name, the default first.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Pairs.Select(pair => pair.Name)];

    internal static ValueFormat<TrainingPrecision> Format { get; } = new ChoiceFormat<TrainingPrecision>(Pairs);

    /// <summary>The precision of a name; null for a name that there is not.</summary>
    public static TrainingPrecision? Find(string name) => Format.TryParse(name, quoted: false, out TrainingPrecision value) ? value : null;
}

/// <summary>What the names mean.</summary>
public static class TrainingPrecisionExtensions
{
    /// <summary>The storage types on a device.</summary>
    /// <exception cref="ConfigurationException">The device has no BF16.</exception>
    public static Precision On(this TrainingPrecision precision, Device device) => precision switch
    {
        not TrainingPrecision.Fp32 when !device.Engine.Backend.Supports(DType.BF16) => throw new ConfigurationException(
            $"{device.Engine.Backend.Description} has no BF16, which needs compute capability 8.0 (Ampere) or later; fp32 works on it: set train.precision=fp32.", "train.precision"),
        TrainingPrecision.Bf16 => Precision.Bf16,
        TrainingPrecision.Bf16Pure => Precision.Bf16Pure,
        _ => device.Precision,
    };
}
