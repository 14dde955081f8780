using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>a + b, wrapping.</summary>
internal readonly struct AddVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a + b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a + b;
}

/// <summary>a − b, wrapping.</summary>
internal readonly struct SubtractVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a - b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a - b;
}

/// <summary>a · b, the low half of the product.</summary>
internal readonly struct MultiplyVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a * b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a * b;
}

/// <summary>a · b + c, the low half.</summary>
internal readonly struct MultiplyAddVectors<T> : IVectorTernary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b, Vector256<T> c) => (a * b) + c;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b, Vector512<T> c) => (a * b) + c;
}

/// <summary>The smaller one.</summary>
internal readonly struct MinVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.Min(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.Min(a, b);
}

/// <summary>The larger one.</summary>
internal readonly struct MaxVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.Max(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.Max(a, b);
}

/// <summary>a and b, bit by bit.</summary>
internal readonly struct AndVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a & b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a & b;
}

/// <summary>a or b, bit by bit.</summary>
internal readonly struct OrVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a | b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a | b;
}

/// <summary>a or b but not both, bit by bit.</summary>
internal readonly struct XorVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a ^ b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a ^ b;
}

/// <summary>Every bit turned.</summary>
internal readonly struct NotVectors<T> : IVectorUnary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a) => ~a;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a) => ~a;
}

/// <summary>−a, wrapping.</summary>
internal readonly struct NegateVectors<T> : IVectorUnary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a) => Vector256<T>.Zero - a;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a) => Vector512<T>.Zero - a;
}

/// <summary>|a|; the smallest integer stays.</summary>
internal readonly struct AbsVectors<T> : IVectorUnary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a) => Vector256.Abs(a);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a) => Vector512.Abs(a);
}
