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

    /// <summary>The upper half of a binary32, 2 bytes: parameters and activations in mixed precision. See <see cref="Tensors.BF16"/>.</summary>
    BF16,
}

/// <summary>Facts about a <see cref="DType"/>.</summary>
public static class DTypeExtensions
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 => 8,
        DType.BF16 => 2,
        _ => 4,
    };

    /// <summary>True for the types that can carry a gradient.</summary>
    public static bool IsFloat(this DType type) => type != DType.I32;

    /// <summary>
    /// The type of what must be more precise than the values themselves: losses, statistics of rows, moments, and parameter gradients
    /// unless they are asked to be as narrow as the parameters. F64 beside F64, otherwise F32.
    /// </summary>
    public static DType Statistics(this DType type) => type == DType.F64 ? DType.F64 : DType.F32;
}
