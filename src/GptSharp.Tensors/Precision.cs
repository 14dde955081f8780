namespace GptSharp.Tensors;

/// <summary>How a model's numbers are stored; arithmetic is never narrower than float.</summary>
/// <param name="Storage">Type of parameters and activations.</param>
/// <param name="ParameterGradients">Type of the gradients of parameters, to which every micro-batch adds.</param>
/// <param name="MasterWeights">
/// Whether the optimizer keeps a float copy of every parameter, of which the stored one is the rounding. Without it, updates of BF16
/// parameters are rounded stochastically.
/// </param>
public sealed record Precision(DType Storage, DType ParameterGradients, bool MasterWeights)
{
    /// <summary>Everything in binary32.</summary>
    public static Precision Fp32 { get; } = Of(DType.F32);

    /// <summary>
    /// Mixed precision: parameters and activations in BF16; loss, statistics, parameter gradients, master weights and moments in binary32
    /// (Micikevicius et al. 2018, arXiv:1710.03740).
    /// </summary>
    public static Precision Bf16 { get; } = new(DType.BF16, DType.F32, MasterWeights: true);

    /// <summary>Parameters and their gradients in BF16 too, no master weights: updates are rounded stochastically; moments stay binary32.</summary>
    public static Precision Bf16Pure { get; } = new(DType.BF16, DType.BF16, MasterWeights: false);

    /// <summary>One type for everything.</summary>
    public static Precision Of(DType type) => new(type, type, MasterWeights: false);

    /// <summary>Everything in binary64: the truth that the others are measured by, on the Reference backend.</summary>
    public static Precision Fp64 { get; } = Of(DType.F64);
}
