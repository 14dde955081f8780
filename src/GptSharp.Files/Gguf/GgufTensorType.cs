namespace GptSharp.Files.Gguf;

/// <summary>
/// Element types of a GGUF file's tensors, by the numbers that the file uses and the names of the ggml library. Types with blocks store
/// several neighbouring elements of a row together, which share scales.
/// </summary>
public enum GgufTensorType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = 1,

    /// <summary>32 elements of 4 bits and a scale.</summary>
    Q4_0 = 2,

    /// <summary>32 elements of 4 bits, a scale and a minimum.</summary>
    Q4_1 = 3,

    /// <summary>32 elements of 5 bits and a scale.</summary>
    Q5_0 = 6,

    /// <summary>32 elements of 5 bits, a scale and a minimum.</summary>
    Q5_1 = 7,

    /// <summary>32 elements of 8 bits and a scale.</summary>
    Q8_0 = 8,

    /// <summary>32 elements of 8 bits, a scale and a sum.</summary>
    Q8_1 = 9,

    /// <summary>256 elements of 2 bits and scales of 16.</summary>
    Q2_K = 10,

    /// <summary>256 elements of 3 bits and scales of 16.</summary>
    Q3_K = 11,

    /// <summary>256 elements of 4 bits and scales of 32.</summary>
    Q4_K = 12,

    /// <summary>256 elements of 5 bits and scales of 32.</summary>
    Q5_K = 13,

    /// <summary>256 elements of 6 bits and scales of 16.</summary>
    Q6_K = 14,

    /// <summary>256 elements of 8 bits and a scale.</summary>
    Q8_K = 15,

    /// <summary>256 elements of about 2.06 bits, from a codebook.</summary>
    IQ2_XXS = 16,

    /// <summary>256 elements of about 2.3 bits, from a codebook.</summary>
    IQ2_XS = 17,

    /// <summary>256 elements of about 3.06 bits, from a codebook.</summary>
    IQ3_XXS = 18,

    /// <summary>256 elements of about 1.56 bits, from a codebook.</summary>
    IQ1_S = 19,

    /// <summary>32 elements of 4 bits, from a table of unequal steps.</summary>
    IQ4_NL = 20,

    /// <summary>256 elements of about 3.4 bits, from a codebook.</summary>
    IQ3_S = 21,

    /// <summary>256 elements of about 2.5 bits, from a codebook.</summary>
    IQ2_S = 22,

    /// <summary>256 elements of about 4.25 bits, from a table of unequal steps.</summary>
    IQ4_XS = 23,

    /// <summary>Signed 8-bit integers.</summary>
    I8 = 24,

    /// <summary>Signed 16-bit integers.</summary>
    I16 = 25,

    /// <summary>Signed 32-bit integers.</summary>
    I32 = 26,

    /// <summary>Signed 64-bit integers.</summary>
    I64 = 27,

    /// <summary>IEEE 754 binary64.</summary>
    F64 = 28,

    /// <summary>256 elements of about 1.75 bits, from a codebook.</summary>
    IQ1_M = 29,

    /// <summary>The upper half of binary32.</summary>
    BF16 = 30,

    /// <summary>256 ternary elements, five in a byte.</summary>
    TQ1_0 = 34,

    /// <summary>256 ternary elements, four in a byte.</summary>
    TQ2_0 = 35,

    /// <summary>32 floats of 4 bits and a power of two.</summary>
    MXFP4 = 39,

    /// <summary>64 floats of 4 bits and four scales of 8 bits.</summary>
    NVFP4 = 40,

    /// <summary>128 signs and a scale.</summary>
    Q1_0 = 41,

    /// <summary>64 elements of 2 bits and a scale.</summary>
    Q2_0 = 42,
}

/// <summary>Facts about a <see cref="GgufTensorType"/>.</summary>
public static class GgufTensorTypeExtensions
{
    /// <summary>Elements of a block, and the bytes that hold them.</summary>
    public static (int Elements, int Bytes) Block(this GgufTensorType type) => type switch
    {
        GgufTensorType.F32 or GgufTensorType.I32 => (1, 4),
        GgufTensorType.F16 or GgufTensorType.BF16 or GgufTensorType.I16 => (1, 2),
        GgufTensorType.I8 => (1, 1),
        GgufTensorType.F64 or GgufTensorType.I64 => (1, 8),
        GgufTensorType.Q4_0 or GgufTensorType.IQ4_NL => (32, 18),
        GgufTensorType.Q4_1 => (32, 20),
        GgufTensorType.Q5_0 => (32, 22),
        GgufTensorType.Q5_1 => (32, 24),
        GgufTensorType.Q8_0 => (32, 34),
        GgufTensorType.Q8_1 => (32, 36),
        GgufTensorType.MXFP4 => (32, 17),
        GgufTensorType.NVFP4 => (64, 36),
        GgufTensorType.Q1_0 => (128, 18),
        GgufTensorType.Q2_0 => (64, 18),
        GgufTensorType.Q2_K => (256, 84),
        GgufTensorType.Q3_K or GgufTensorType.IQ3_S => (256, 110),
        GgufTensorType.Q4_K => (256, 144),
        GgufTensorType.Q5_K => (256, 176),
        GgufTensorType.Q6_K => (256, 210),
        GgufTensorType.Q8_K => (256, 292),
        GgufTensorType.IQ2_XXS or GgufTensorType.TQ2_0 => (256, 66),
        GgufTensorType.IQ2_XS => (256, 74),
        GgufTensorType.IQ2_S => (256, 82),
        GgufTensorType.IQ3_XXS => (256, 98),
        GgufTensorType.IQ1_S => (256, 50),
        GgufTensorType.IQ1_M => (256, 56),
        GgufTensorType.IQ4_XS => (256, 136),
        GgufTensorType.TQ1_0 => (256, 54),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such type of a GGUF tensor."),
    };

    /// <summary>Whether elements are integers, stored as they are.</summary>
    public static bool IsInteger(this GgufTensorType type) =>
        type is GgufTensorType.I8 or GgufTensorType.I16 or GgufTensorType.I32 or GgufTensorType.I64;

    /// <summary>Whether <see cref="GgufQuantization"/> can turn it into float32.</summary>
    public static bool IsReadable(this GgufTensorType type) => type is GgufTensorType.F32 or GgufTensorType.F16 or GgufTensorType.BF16
        or GgufTensorType.F64 or GgufTensorType.Q8_0 or GgufTensorType.Q4_0;
}
