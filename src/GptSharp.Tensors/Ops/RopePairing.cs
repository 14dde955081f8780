namespace GptSharp.Tensors;

/// <summary>Which channels of a head rotary embedding turns together. The two conventions differ by a permutation of channels.</summary>
public enum RopePairing
{
    /// <summary>Channel i with channel i + R/2, as GPT-NeoX and the Llama models in Hugging Face's layout have it.</summary>
    RotateHalf,

    /// <summary>Channel 2i with channel 2i + 1, as the paper, GPT-J and Meta's own Llama files have it.</summary>
    Interleaved,
}
