namespace GptSharp.Nn;

/// <summary>How rotary embedding is stretched to contexts longer than the one that a model was trained on.</summary>
public enum RopeScaling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Positions divided by a factor (Chen et al. 2023, arXiv:2306.15595).</summary>
    Linear,

    /// <summary>
    /// "NTK-aware": theta grows so that the slowest pair of channels is slowed by the factor and the fastest keeps its speed
    /// (bloc97, 2023; Peng et al. 2023, arXiv:2309.00071, section 3.1).
    /// </summary>
    Ntk,

    /// <summary>
    /// By wavelength: pairs that turn often within the original context keep their speed, those that turn seldom are slowed by the
    /// factor, and those between by something between (Llama 3.1; Grattafiori et al. 2024, arXiv:2407.21783).
    /// </summary>
    Llama3,
}
