namespace GptSharp.Interop;

/// <summary>How the numbers of a written model are stored, by the names that <c>--dtype</c> takes in lower case.</summary>
public enum WeightType
{
    /// <summary>IEEE 754 binary32: nothing is lost.</summary>
    F32,

    /// <summary>The upper half of binary32, rounded to nearest even.</summary>
    BF16,

    /// <summary>IEEE 754 binary16, rounded to nearest even.</summary>
    F16,

    /// <summary>GGUF: blocks of 32 signed bytes with a scale.</summary>
    Q8_0,

    /// <summary>GGUF: blocks of 32 values of 4 bits with a scale.</summary>
    Q4_0,
}
