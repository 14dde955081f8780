namespace GptSharp.Nn;

/// <summary>How a model tells its tokens' positions apart.</summary>
public enum PositionEncoding
{
    /// <summary>A trained vector per position, added to the token embedding (GPT-1, GPT-2, GPT-3).</summary>
    Learned,

    /// <summary>Fixed sines and cosines of geometric wavelengths (Vaswani et al. 2017, arXiv:1706.03762, section 3.5); no parameters.</summary>
    Sinusoidal,
}
