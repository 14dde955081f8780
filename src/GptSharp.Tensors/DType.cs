namespace GptSharp.Tensors;

/// <summary>How an element is stored. Arithmetic may be wider than storage.</summary>
public enum DType : byte
{
    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    F32,

    /// <summary>IEEE 754 binary64, 8 bytes; on the Reference backend only, where finite differences need it.</summary>
    F64,

    /// <summary>Signed 32-bit integer, 4 bytes: tokens, targets, positions.</summary>
    I32,
}

/// <summary>Facts about a <see cref="DType"/>.</summary>
public static class DTypeExtensions
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type == DType.F64 ? 8 : 4;

    /// <summary>True for the types that can carry a gradient.</summary>
    public static bool IsFloat(this DType type) => type != DType.I32;
}
