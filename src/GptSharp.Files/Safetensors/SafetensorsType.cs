namespace GptSharp.Files.Safetensors;

/// <summary>
/// Element types of the safetensors format, by the names that its header uses, in the order that decides where a tensor stands in a file: the
/// later a type here, the earlier its tensors.
/// </summary>
public enum SafetensorsType
{
    /// <summary>Truth values, 1 byte.</summary>
    BOOL,

    /// <summary>Floats of 4 bits, packed in pairs, the first in the lower half: 2 of exponent, 1 of mantissa.</summary>
    F4,

    /// <summary>Floats of 6 bits, packed from the lowest bit up: 2 of exponent, 3 of mantissa.</summary>
    F6_E2M3,

    /// <summary>Floats of 6 bits, packed from the lowest bit up: 3 of exponent, 2 of mantissa.</summary>
    F6_E3M2,

    /// <summary>Unsigned 8-bit integers.</summary>
    U8,

    /// <summary>Signed 8-bit integers.</summary>
    I8,

    /// <summary>Floats of 8 bits: 5 of exponent, 2 of mantissa, with infinities.</summary>
    F8_E5M2,

    /// <summary>Floats of 8 bits: 4 of exponent, 3 of mantissa, without infinities (the kind also called "fn").</summary>
    F8_E4M3,

    /// <summary>Powers of two, 8 bits.</summary>
    F8_E8M0,

    /// <summary>Like <see cref="F8_E4M3"/>, with another bias and without negative zero.</summary>
    F8_E4M3FNUZ,

    /// <summary>Like <see cref="F8_E5M2"/>, with another bias and without infinities and negative zero.</summary>
    F8_E5M2FNUZ,

    /// <summary>Signed 16-bit integers.</summary>
    I16,

    /// <summary>Unsigned 16-bit integers.</summary>
    U16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of binary32.</summary>
    BF16,

    /// <summary>Signed 32-bit integers.</summary>
    I32,

    /// <summary>Unsigned 32-bit integers.</summary>
    U32,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>Pairs of binary32: complex numbers.</summary>
    C64,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>Signed 64-bit integers.</summary>
    I64,

    /// <summary>Unsigned 64-bit integers.</summary>
    U64,
}

/// <summary>Facts about a <see cref="SafetensorsType"/>.</summary>
public static class SafetensorsTypeExtensions
{
    /// <summary>Bits of one element.</summary>
    public static int Bits(this SafetensorsType type) => type switch
    {
        SafetensorsType.F4 => 4,
        SafetensorsType.F6_E2M3 or SafetensorsType.F6_E3M2 => 6,
        SafetensorsType.BOOL or SafetensorsType.U8 or SafetensorsType.I8 or SafetensorsType.F8_E4M3 or SafetensorsType.F8_E5M2
            or SafetensorsType.F8_E8M0 or SafetensorsType.F8_E4M3FNUZ or SafetensorsType.F8_E5M2FNUZ => 8,
        SafetensorsType.I16 or SafetensorsType.U16 or SafetensorsType.F16 or SafetensorsType.BF16 => 16,
        SafetensorsType.I32 or SafetensorsType.U32 or SafetensorsType.F32 => 32,
        _ => 64,
    };

    /// <summary>Whether the values are whole numbers or truth values.</summary>
    public static bool IsInteger(this SafetensorsType type) => type is SafetensorsType.BOOL or SafetensorsType.U8 or SafetensorsType.I8
        or SafetensorsType.I16 or SafetensorsType.U16 or SafetensorsType.I32 or SafetensorsType.U32 or SafetensorsType.I64 or SafetensorsType.U64;

    /// <summary>Bytes of a number of elements, or -1 when they do not fill whole bytes, or are more than fit into 63 bits.</summary>
    /// <param name="type">The type.</param>
    /// <param name="count">Number of elements.</param>
    public static long ByteLength(this SafetensorsType type, long count)
    {
        Int128 bits = (Int128)count * type.Bits();
        return bits % 8 == 0 && bits / 8 <= long.MaxValue ? (long)(bits / 8) : -1;
    }
}
