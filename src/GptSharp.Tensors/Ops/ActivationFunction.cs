namespace GptSharp.Tensors;

/// <summary>A function of one number, between the two halves of an MLP or as the gate of a gated unit.</summary>
public enum ActivationFunction
{
    /// <summary>x: the gate of the bilinear unit.</summary>
    Identity,

    /// <summary>1 / (1 + exp(-x)): the gate of GLU (Dauphin et al. 2017, arXiv:1612.08083).</summary>
    Sigmoid,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x / (1 + exp(-x)), also called SiLU (Ramachandran et al. 2017, arXiv:1710.05941).</summary>
    Swish,

    /// <summary>GELU by its tanh approximation, as in GPT-2: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))).</summary>
    GeluTanh,

    /// <summary>GELU, exactly: x Phi(x) = x/2 (1 + erf(x / sqrt 2)).</summary>
    GeluErf,
}
