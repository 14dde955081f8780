namespace GptSharp.Ptx.Arithmetic;

/// <summary>The fundamental and packed types that PTX instructions name.</summary>
internal enum NumberType : byte
{
    /// <summary>No operand at this place.</summary>
    None,

    /// <summary>A predicate: one bit per lane.</summary>
    Predicate,

    /// <summary>8 untyped bits.</summary>
    B8,

    /// <summary>16 untyped bits.</summary>
    B16,

    /// <summary>32 untyped bits.</summary>
    B32,

    /// <summary>64 untyped bits.</summary>
    B64,

    /// <summary>Unsigned integer of 8 bits.</summary>
    U8,

    /// <summary>Unsigned integer of 16 bits.</summary>
    U16,

    /// <summary>Unsigned integer of 32 bits.</summary>
    U32,

    /// <summary>Unsigned integer of 64 bits.</summary>
    U64,

    /// <summary>Signed integer of 8 bits.</summary>
    S8,

    /// <summary>Signed integer of 16 bits.</summary>
    S16,

    /// <summary>Signed integer of 32 bits.</summary>
    S32,

    /// <summary>Signed integer of 64 bits.</summary>
    S64,

    /// <summary>IEEE binary16.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16,

    /// <summary>The upper 19 bits of a binary32, held in 32.</summary>
    TF32,

    /// <summary>IEEE binary32.</summary>
    F32,

    /// <summary>IEEE binary64.</summary>
    F64,

    /// <summary>Two binary16 in 32 bits.</summary>
    F16x2,

    /// <summary>Two bfloat16 in 32 bits.</summary>
    BF16x2,

    /// <summary>Two unsigned 16-bit integers in 32 bits.</summary>
    U16x2,

    /// <summary>Two signed 16-bit integers in 32 bits.</summary>
    S16x2,

    /// <summary>Two singles in 64 bits.</summary>
    F32x2,

    /// <summary>Two 8-bit floats with 3 fraction bits in 16 bits.</summary>
    E4M3x2,

    /// <summary>Two 8-bit floats with 2 fraction bits in 16 bits.</summary>
    E5M2x2,
}

/// <summary>Facts about a <see cref="NumberType"/>.</summary>
internal static class NumberTypes
{
    private static readonly Dictionary<string, NumberType> ByName = new(StringComparer.Ordinal)
    {
        ["pred"] = NumberType.Predicate,
        ["b8"] = NumberType.B8,
        ["b16"] = NumberType.B16,
        ["b32"] = NumberType.B32,
        ["b64"] = NumberType.B64,
        ["u8"] = NumberType.U8,
        ["u16"] = NumberType.U16,
        ["u32"] = NumberType.U32,
        ["u64"] = NumberType.U64,
        ["s8"] = NumberType.S8,
        ["s16"] = NumberType.S16,
        ["s32"] = NumberType.S32,
        ["s64"] = NumberType.S64,
        ["f16"] = NumberType.F16,
        ["bf16"] = NumberType.BF16,
        ["tf32"] = NumberType.TF32,
        ["f32"] = NumberType.F32,
        ["f64"] = NumberType.F64,
        ["f16x2"] = NumberType.F16x2,
        ["bf16x2"] = NumberType.BF16x2,
        ["u16x2"] = NumberType.U16x2,
        ["s16x2"] = NumberType.S16x2,
        ["f32x2"] = NumberType.F32x2,
        ["e4m3x2"] = NumberType.E4M3x2,
        ["e5m2x2"] = NumberType.E5M2x2,
    };

    /// <summary>The type that a modifier such as <c>s32</c> names, or <see cref="NumberType.None"/>.</summary>
    public static NumberType Parse(string modifier) => ByName.GetValueOrDefault(modifier);

    /// <summary>Bits of a value; 1 for a predicate, 0 for none.</summary>
    public static int Bits(this NumberType type) => type switch
    {
        NumberType.None => 0,
        NumberType.Predicate => 1,
        NumberType.B8 or NumberType.U8 or NumberType.S8 => 8,
        NumberType.B16 or NumberType.U16 or NumberType.S16 or NumberType.F16 or NumberType.BF16
            or NumberType.E4M3x2 or NumberType.E5M2x2 => 16,
        NumberType.B64 or NumberType.U64 or NumberType.S64 or NumberType.F64 or NumberType.F32x2 => 64,
        _ => 32,
    };

    /// <summary>True for the signed integers.</summary>
    public static bool IsSigned(this NumberType type) => type is NumberType.S8 or NumberType.S16 or NumberType.S32 or NumberType.S64;

    /// <summary>True for every integer, signed or not, and for untyped bits.</summary>
    public static bool IsInteger(this NumberType type) => type is >= NumberType.B8 and <= NumberType.S64;

    /// <summary>True for the scalar floating-point types.</summary>
    public static bool IsFloat(this NumberType type) => type is >= NumberType.F16 and <= NumberType.F64;

    /// <summary>The PTX name, without its dot.</summary>
    public static string Name(this NumberType type) => ByName.First(entry => entry.Value == type).Key;
}
