namespace GptSharp.Files.Onnx;

/// <summary>Element types, by the names and numbers of the format (TensorProto.DataType).</summary>
public enum OnnxType
{
    /// <summary>IEEE 754 binary32.</summary>
    FLOAT = 1,

    /// <summary>Unsigned 8-bit integers.</summary>
    UINT8 = 2,

    /// <summary>Signed 8-bit integers.</summary>
    INT8 = 3,

    /// <summary>Unsigned 16-bit integers.</summary>
    UINT16 = 4,

    /// <summary>Signed 16-bit integers.</summary>
    INT16 = 5,

    /// <summary>Signed 32-bit integers.</summary>
    INT32 = 6,

    /// <summary>Signed 64-bit integers.</summary>
    INT64 = 7,

    /// <summary>Texts or bytes of any length.</summary>
    STRING = 8,

    /// <summary>Truth values, 1 byte.</summary>
    BOOL = 9,

    /// <summary>IEEE 754 binary16.</summary>
    FLOAT16 = 10,

    /// <summary>IEEE 754 binary64.</summary>
    DOUBLE = 11,

    /// <summary>Unsigned 32-bit integers.</summary>
    UINT32 = 12,

    /// <summary>Unsigned 64-bit integers.</summary>
    UINT64 = 13,

    /// <summary>Pairs of binary32.</summary>
    COMPLEX64 = 14,

    /// <summary>Pairs of binary64.</summary>
    COMPLEX128 = 15,

    /// <summary>The upper half of binary32.</summary>
    BFLOAT16 = 16,

    /// <summary>Floats of 8 bits: 4 of exponent, 3 of mantissa; no infinity.</summary>
    FLOAT8E4M3FN = 17,

    /// <summary>Like <see cref="FLOAT8E4M3FN"/>, without negative zero.</summary>
    FLOAT8E4M3FNUZ = 18,

    /// <summary>Floats of 8 bits: 5 of exponent, 2 of mantissa.</summary>
    FLOAT8E5M2 = 19,

    /// <summary>Like <see cref="FLOAT8E5M2"/>, without infinities and negative zero.</summary>
    FLOAT8E5M2FNUZ = 20,

    /// <summary>Unsigned 4-bit integers, packed in pairs, the lower half of a byte first.</summary>
    UINT4 = 21,

    /// <summary>Signed 4-bit integers, packed in pairs, the lower half of a byte first.</summary>
    INT4 = 22,

    /// <summary>Floats of 4 bits, packed in pairs, the lower half of a byte first.</summary>
    FLOAT4E2M1 = 23,

    /// <summary>Powers of two, 8 bits.</summary>
    FLOAT8E8M0 = 24,

    /// <summary>Unsigned 2-bit integers, packed in fours, the lowest bits of a byte first.</summary>
    UINT2 = 25,

    /// <summary>Signed 2-bit integers, packed in fours, the lowest bits of a byte first.</summary>
    INT2 = 26,
}

/// <summary>Facts about an <see cref="OnnxType"/>.</summary>
public static class OnnxTypeExtensions
{
    /// <summary>Bits of one element; 0 for texts, which have any length.</summary>
    public static int Bits(this OnnxType type) => type switch
    {
        OnnxType.STRING => 0,
        OnnxType.UINT2 or OnnxType.INT2 => 2,
        OnnxType.UINT4 or OnnxType.INT4 or OnnxType.FLOAT4E2M1 => 4,
        OnnxType.UINT8 or OnnxType.INT8 or OnnxType.BOOL or OnnxType.FLOAT8E4M3FN or OnnxType.FLOAT8E4M3FNUZ or OnnxType.FLOAT8E5M2
            or OnnxType.FLOAT8E5M2FNUZ or OnnxType.FLOAT8E8M0 => 8,
        OnnxType.UINT16 or OnnxType.INT16 or OnnxType.FLOAT16 or OnnxType.BFLOAT16 => 16,
        OnnxType.FLOAT or OnnxType.INT32 or OnnxType.UINT32 => 32,
        OnnxType.COMPLEX128 => 128,
        _ => 64,
    };

    /// <summary>Bytes of a number of elements, the last one filled up, or -1 when they are more than fit into 63 bits.</summary>
    /// <param name="type">The type.</param>
    /// <param name="count">Number of elements.</param>
    public static long ByteLength(this OnnxType type, long count)
    {
        Int128 bytes = (((Int128)count * type.Bits()) + 7) / 8;
        return bytes <= long.MaxValue ? (long)bytes : -1;
    }
}
