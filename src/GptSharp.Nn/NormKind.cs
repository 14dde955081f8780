namespace GptSharp.Nn;

/// <summary>How a row of activations is brought to unit size before attention, before the MLP and before the head.</summary>
public enum NormKind
{
    /// <summary>Mean removed, divided by the deviation, scaled and shifted (Ba et al. 2016, arXiv:1607.06450): GPT-2.</summary>
    LayerNorm,

    /// <summary>Divided by the root mean square and scaled; there is no bias (Zhang and Sennrich 2019, arXiv:1910.07467): Llama.</summary>
    RMSNorm,
}
