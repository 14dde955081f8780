namespace GptSharp.Nn;

/// <summary>How a model tells its tokens' positions apart.</summary>
public enum PositionEncoding
{
    /// <summary>A trained vector per position, added to the token embedding (GPT-1, GPT-2, GPT-3).</summary>
    Learned,

    /// <summary>Fixed sines and cosines of geometric wavelengths (Vaswani et al. 2017, arXiv:1706.03762, section 3.5); no parameters.</summary>
    Sinusoidal,

    /// <summary>Queries and keys turned by angles that grow with the position (Su et al. 2021, arXiv:2104.09864); see <see cref="RopeConfig"/>.</summary>
    Rope,

    /// <summary>Scores lowered in proportion to the distance, each head at its own rate (Press et al. 2022, arXiv:2108.12409).</summary>
    Alibi,

    /// <summary>Nothing but the causal mask (Kazemnejad et al. 2023, arXiv:2305.19466).</summary>
    None,
}
