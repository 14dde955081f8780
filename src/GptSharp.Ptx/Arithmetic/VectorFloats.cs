using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>a / b.</summary>
internal readonly struct DivideVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => a / b;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => a / b;
}

/// <summary>1 / a.</summary>
internal readonly struct ReciprocalSingle : IVectorUnary<float>
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a) => Vector256<float>.One / a;

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a) => Vector512<float>.One / a;
}

/// <summary>1 / a.</summary>
internal readonly struct ReciprocalDouble : IVectorUnary<double>
{
    /// <inheritdoc/>
    public static Vector256<double> Invoke(Vector256<double> a) => Vector256<double>.One / a;

    /// <inheritdoc/>
    public static Vector512<double> Invoke(Vector512<double> a) => Vector512<double>.One / a;
}

/// <summary>√a.</summary>
internal readonly struct SquareRootVectors<T> : IVectorUnary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a) => Vector256.Sqrt(a);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a) => Vector512.Sqrt(a);
}

/// <summary>a · b + c with one rounding.</summary>
internal readonly struct FusedSingle : IVectorTernary<float>
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);
}

/// <summary>a · b + c with one rounding.</summary>
internal readonly struct FusedDouble : IVectorTernary<double>
{
    /// <inheritdoc/>
    public static Vector256<double> Invoke(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);

    /// <inheritdoc/>
    public static Vector512<double> Invoke(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Vector512.FusedMultiplyAdd(a, b, c);
}

/// <summary>The smaller one; a number rather than NaN; −0 rather than +0.</summary>
internal readonly struct MinNumberVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.MinNumber(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.MinNumber(a, b);
}

/// <summary>The larger one; a number rather than NaN; +0 rather than −0.</summary>
internal readonly struct MaxNumberVectors<T> : IVectorBinary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.MaxNumber(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.MaxNumber(a, b);
}

/// <summary><c>.xorsign.abs</c>: the operation on the magnitudes, under the product of the signs.</summary>
internal readonly struct XorSign<TOp> : IVectorBinary<float>
    where TOp : struct, IVectorBinary<float>
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b) =>
        TOp.Invoke(Vector256.Abs(a), Vector256.Abs(b)) | ((a ^ b) & Vector256.Create(-0f));

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b) =>
        TOp.Invoke(Vector512.Abs(a), Vector512.Abs(b)) | ((a ^ b) & Vector512.Create(-0f));
}

/// <summary>|a| by its sign bit alone.</summary>
internal readonly struct AbsFloatVectors<T> : IVectorUnary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a) => Vector256.Abs(a);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a) => Vector512.Abs(a);
}

/// <summary>−a by its sign bit alone.</summary>
internal readonly struct NegateFloatVectors<T> : IVectorUnary<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a) => -a;

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a) => -a;
}

/// <summary>The magnitude of b under the sign of a.</summary>
internal readonly struct CopySignSingle : IVectorBinary<float>
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b) => Vector256.CopySign(b, a);

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b) => Vector512.CopySign(b, a);
}

/// <summary>The magnitude of b under the sign of a.</summary>
internal readonly struct CopySignDouble : IVectorBinary<double>
{
    /// <inheritdoc/>
    public static Vector256<double> Invoke(Vector256<double> a, Vector256<double> b) => Vector256.CopySign(b, a);

    /// <inheritdoc/>
    public static Vector512<double> Invoke(Vector512<double> a, Vector512<double> b) => Vector512.CopySign(b, a);
}
