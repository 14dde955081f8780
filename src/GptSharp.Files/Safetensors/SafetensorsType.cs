namespace GptSharp.Files.Safetensors;

/// <summary>Element types of the safetensors format, by the names that its header uses.</summary>
public enum SafetensorsType
{
    /// <summary>Truth values, 1 byte.</summary>
    BOOL,

    /// <summary>Unsigned 8-bit integers.</summary>
    U8,

    /// <summary>Signed 8-bit integers.</summary>
    I8,

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
    /// <summary>Bytes of one element.</summary>
    public static int Size(this SafetensorsType type) => type switch
    {
        SafetensorsType.BOOL or SafetensorsType.U8 or SafetensorsType.I8 => 1,
        SafetensorsType.I16 or SafetensorsType.U16 or SafetensorsType.F16 or SafetensorsType.BF16 => 2,
        SafetensorsType.I32 or SafetensorsType.U32 or SafetensorsType.F32 => 4,
        _ => 8,
    };
}
