namespace GptSharp.Ptx.Arithmetic;

/// <summary>A binary floating-point format in the manner of IEEE 754: sign, exponent, fraction.</summary>
/// <param name="FractionBits">Stored bits of the significand.</param>
/// <param name="ExponentBits">Bits of the exponent.</param>
/// <param name="QuietNaN">What an invalid operation returns.</param>
internal readonly record struct FloatFormat(int FractionBits, int ExponentBits, ulong QuietNaN)
{
    /// <summary>IEEE binary16; NaN is 0x7fff.</summary>
    public static readonly FloatFormat F16 = new(10, 5, 0x7fff);

    /// <summary>bfloat16; NaN is 0x7fff.</summary>
    public static readonly FloatFormat BF16 = new(7, 8, 0x7fff);

    /// <summary>TF32 as it lies in 32 bits, without its 13 low zero bits; NaN is 0x7fffffff shifted alike.</summary>
    public static readonly FloatFormat TF32 = new(10, 8, 0x3ffff);

    /// <summary>IEEE binary32; NaN is 0x7fffffff.</summary>
    public static readonly FloatFormat F32 = new(23, 8, 0x7fffffff);

    /// <summary>IEEE binary64; NaN is the default quiet one.</summary>
    public static readonly FloatFormat F64 = new(52, 11, 0xfff8_0000_0000_0000);

    /// <summary>What the stored exponent exceeds the true one by.</summary>
    public int Bias => (1 << (ExponentBits - 1)) - 1;

    /// <summary>The exponent of the smallest normal number.</summary>
    public int MinimumExponent => 1 - Bias;

    /// <summary>The bits of plus infinity.</summary>
    public ulong Infinity => ((1ul << ExponentBits) - 1) << FractionBits;

    /// <summary>The bit of the sign.</summary>
    public ulong SignBit => 1ul << (FractionBits + ExponentBits);

    /// <summary>The format of a scalar type.</summary>
    public static FloatFormat Of(NumberType type) => type switch
    {
        NumberType.F16 or NumberType.F16x2 => F16,
        NumberType.BF16 or NumberType.BF16x2 => BF16,
        NumberType.TF32 => TF32,
        NumberType.F32 => F32,
        NumberType.F64 => F64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a floating-point type."),
    };
}
