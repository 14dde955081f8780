namespace GptSharp.Tensors.Backends;

/// <summary>What an operation asks of the indices it reads.</summary>
internal enum IndexRule
{
    /// <summary>Each is in 0 ... limit - 1.</summary>
    Within,

    /// <summary>Each is 0 or more.</summary>
    NotNegative,

    /// <summary>Each document starts at its position or before: in 0 ... limit - 1, where limit - 1 is the position.</summary>
    Causal,
}
