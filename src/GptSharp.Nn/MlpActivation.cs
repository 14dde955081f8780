using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <summary>
/// What stands between the two linear layers of an MLP: a function of each hidden channel, or a gated unit, which multiplies each by a
/// function of a channel of a second layer of the same width (Shazeer 2020, arXiv:2002.05202).
/// </summary>
public enum MlpActivation
{
    /// <summary>x Phi(x), by one of the formulas of <see cref="GeluForm"/>: GPT-2.</summary>
    Gelu,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x / (1 + exp(-x)), also called SiLU.</summary>
    Swish,

    /// <summary>Gated by 1 / (1 + exp(-x)) (Dauphin et al. 2017, arXiv:1612.08083).</summary>
    Glu,

    /// <summary>Gated by x itself.</summary>
    Bilinear,

    /// <summary>Gated by GELU, by one of the formulas of <see cref="GeluForm"/>.</summary>
    Geglu,

    /// <summary>Gated by Swish: Llama.</summary>
    Swiglu,

    /// <summary>Gated by max(0, x).</summary>
    Reglu,
}

/// <summary>What an <see cref="MlpActivation"/> is made of.</summary>
public static class MlpActivationExtensions
{
    /// <summary>Whether the hidden channels are multiplied by gates, which takes a first layer of twice the width.</summary>
    public static bool IsGated(this MlpActivation activation) =>
        activation is MlpActivation.Glu or MlpActivation.Bilinear or MlpActivation.Geglu or MlpActivation.Swiglu or MlpActivation.Reglu;

    /// <summary>Whether its function is GELU, so that a <see cref="GeluForm"/> matters.</summary>
    public static bool UsesGelu(this MlpActivation activation) => activation is MlpActivation.Gelu or MlpActivation.Geglu;

    /// <summary>The function of the hidden channels, or of the gates.</summary>
    /// <param name="activation">The activation.</param>
    /// <param name="gelu">The formula, where it is GELU.</param>
    public static ActivationFunction Function(this MlpActivation activation, GeluForm gelu) => activation switch
    {
        MlpActivation.Gelu or MlpActivation.Geglu => gelu.Function(),
        MlpActivation.Relu or MlpActivation.Reglu => ActivationFunction.Relu,
        MlpActivation.Swish or MlpActivation.Swiglu => ActivationFunction.Swish,
        MlpActivation.Glu => ActivationFunction.Sigmoid,
        MlpActivation.Bilinear => ActivationFunction.Identity,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "There is no such activation."),
    };
}
