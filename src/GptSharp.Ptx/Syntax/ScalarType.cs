namespace GptSharp.Ptx.Syntax;

/// <summary>The fundamental types that declarations and instructions name.</summary>
public enum ScalarType
{
    /// <summary>No type, or one that is not known.</summary>
    None,

    /// <summary>One truth value.</summary>
    Pred,

    /// <summary>8 bits without a type.</summary>
    B8,

    /// <summary>16 bits without a type.</summary>
    B16,

    /// <summary>32 bits without a type.</summary>
    B32,

    /// <summary>64 bits without a type.</summary>
    B64,

    /// <summary>128 bits without a type.</summary>
    B128,

    /// <summary>Unsigned, 8 bits.</summary>
    U8,

    /// <summary>Unsigned, 16 bits.</summary>
    U16,

    /// <summary>Unsigned, 32 bits.</summary>
    U32,

    /// <summary>Unsigned, 64 bits.</summary>
    U64,

    /// <summary>Signed, 8 bits.</summary>
    S8,

    /// <summary>Signed, 16 bits.</summary>
    S16,

    /// <summary>Signed, 32 bits.</summary>
    S32,

    /// <summary>Signed, 64 bits.</summary>
    S64,

    /// <summary>IEEE binary16.</summary>
    F16,

    /// <summary>Two IEEE binary16 values.</summary>
    F16x2,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>Two bfloat16 values.</summary>
    BF16x2,

    /// <summary>A float of 32 bits of which 19 count.</summary>
    TF32,

    /// <summary>IEEE binary32.</summary>
    F32,

    /// <summary>Two IEEE binary32 values.</summary>
    F32x2,

    /// <summary>IEEE binary64.</summary>
    F64,

    /// <summary>An 8-bit float, 4 exponent and 3 mantissa bits.</summary>
    E4M3,

    /// <summary>An 8-bit float, 5 exponent and 2 mantissa bits.</summary>
    E5M2,

    /// <summary>Two <see cref="E4M3"/> values.</summary>
    E4M3x2,

    /// <summary>Two <see cref="E5M2"/> values.</summary>
    E5M2x2,

    /// <summary>Two unsigned 16-bit integers.</summary>
    U16x2,

    /// <summary>Two signed 16-bit integers.</summary>
    S16x2,

    /// <summary>A texture, sampler or surface reference.</summary>
    Opaque,
}

/// <summary>Names and sizes of <see cref="ScalarType"/>.</summary>
public static class ScalarTypes
{
    private static readonly Dictionary<string, ScalarType> ByName = Build();

    /// <summary>The type that a dotted word names (without the dot), or <see cref="ScalarType.None"/>.</summary>
    public static ScalarType Parse(string word) => ByName.GetValueOrDefault(word, ScalarType.None);

    /// <summary>Width in bits; 0 for <see cref="ScalarType.None"/>, 1 for <see cref="ScalarType.Pred"/>.</summary>
    public static int Bits(this ScalarType type) => type switch
    {
        ScalarType.Pred => 1,
        ScalarType.B8 or ScalarType.U8 or ScalarType.S8 or ScalarType.E4M3 or ScalarType.E5M2 => 8,
        ScalarType.B16 or ScalarType.U16 or ScalarType.S16 or ScalarType.F16 or ScalarType.BF16
            or ScalarType.E4M3x2 or ScalarType.E5M2x2 => 16,
        ScalarType.B32 or ScalarType.U32 or ScalarType.S32 or ScalarType.F32 or ScalarType.TF32 or ScalarType.F16x2
            or ScalarType.BF16x2 or ScalarType.U16x2 or ScalarType.S16x2 => 32,
        ScalarType.B64 or ScalarType.U64 or ScalarType.S64 or ScalarType.F64 or ScalarType.F32x2 or ScalarType.Opaque => 64,
        ScalarType.B128 => 128,
        _ => 0,
    };

    /// <summary>Width in bytes; 0 for <see cref="ScalarType.None"/>, 1 for <see cref="ScalarType.Pred"/>.</summary>
    public static int Bytes(this ScalarType type) => (type.Bits() + 7) / 8;

    /// <summary>Whether the type is a signed integer.</summary>
    public static bool IsSigned(this ScalarType type) =>
        type is ScalarType.S8 or ScalarType.S16 or ScalarType.S32 or ScalarType.S64;

    private static Dictionary<string, ScalarType> Build()
    {
        var names = new Dictionary<string, ScalarType>(StringComparer.Ordinal)
        {
            ["texref"] = ScalarType.Opaque,
            ["samplerref"] = ScalarType.Opaque,
            ["surfref"] = ScalarType.Opaque,
        };
        foreach (ScalarType type in Enum.GetValues<ScalarType>())
        {
            if (type is not ScalarType.None and not ScalarType.Opaque)
            {
                names.Add(type.ToString().ToLowerInvariant(), type);
            }
        }

        return names;
    }
}
