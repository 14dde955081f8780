using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>A comparison on vectors of lanes: all bits set where it holds.</summary>
internal interface IVectorComparison<T>
{
    /// <inheritdoc cref="IVectorUnary{T}.Invoke(Vector256{T})"/>
    static abstract Vector256<T> Invoke(Vector256<T> a, Vector256<T> b);

    /// <inheritdoc cref="IVectorUnary{T}.Invoke(Vector512{T})"/>
    static abstract Vector512<T> Invoke(Vector512<T> a, Vector512<T> b);
}

/// <summary>a = b.</summary>
internal readonly struct EqualVectors<T> : IVectorComparison<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.Equals(a, b);
}

/// <summary>a &lt; b.</summary>
internal readonly struct LessVectors<T> : IVectorComparison<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.LessThan(a, b);
}

/// <summary>a ≤ b.</summary>
internal readonly struct LessOrEqualVectors<T> : IVectorComparison<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.LessThanOrEqual(a, b);
}

/// <summary>Neither is NaN.</summary>
internal readonly struct NumberVectors<T> : IVectorComparison<T>
{
    /// <inheritdoc/>
    public static Vector256<T> Invoke(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, a) & Vector256.Equals(b, b);

    /// <inheritdoc/>
    public static Vector512<T> Invoke(Vector512<T> a, Vector512<T> b) => Vector512.Equals(a, a) & Vector512.Equals(b, b);
}

/// <summary>A comparison of single precision with subnormal operands flushed.</summary>
internal readonly struct FlushedComparison<TOp> : IVectorComparison<float>
    where TOp : struct, IVectorComparison<float>
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b) => TOp.Invoke(SingleRules.Flush(a), SingleRules.Flush(b));

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b) => TOp.Invoke(SingleRules.Flush(a), SingleRules.Flush(b));
}

/// <summary>Runs vector comparisons over the 32 lanes of a warp.</summary>
internal static unsafe class WarpComparison
{
    /// <summary>Two masks at d: a op b, and its complement.</summary>
    public static void Direct<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorComparison<T>
    {
        uint mask = Mask<T, TOp>((byte*)a, (byte*)b);
        ((uint*)d)[0] = mask;
        ((uint*)d)[1] = ~mask;
    }

    /// <summary>Two masks at d: b op a, and its complement.</summary>
    public static void Swapped<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorComparison<T> => Direct<T, TOp>(d, b, a, c, e, control);

    /// <summary>Two masks at d: not (a op b), and its complement.</summary>
    public static void Negated<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorComparison<T>
    {
        uint mask = Mask<T, TOp>((byte*)a, (byte*)b);
        ((uint*)d)[0] = ~mask;
        ((uint*)d)[1] = mask;
    }

    /// <summary>Two masks at d: not (b op a), and its complement.</summary>
    public static void SwappedNegated<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorComparison<T> => Negated<T, TOp>(d, b, a, c, e, control);

    /// <summary>Bit l: the comparison in lane l; to be inlined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Mask<T, TOp>(byte* a, byte* b)
        where T : unmanaged
        where TOp : struct, IVectorComparison<T>
    {
        if (sizeof(T) == 8)
        {
            return Part<T, TOp>(a, b) | (Part<T, TOp>(a + 64, b + 64) << 8)
                | (Part<T, TOp>(a + 128, b + 128) << 16) | (Part<T, TOp>(a + 192, b + 192) << 24);
        }

        return Part<T, TOp>(a, b) | (Part<T, TOp>(a + 64, b + 64) << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Part<T, TOp>(byte* a, byte* b)
        where T : unmanaged
        where TOp : struct, IVectorComparison<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return (uint)TOp.Invoke(Vector512.Load((T*)a), Vector512.Load((T*)b)).ExtractMostSignificantBits();
        }

        uint low = TOp.Invoke(Vector256.Load((T*)a), Vector256.Load((T*)b)).ExtractMostSignificantBits();
        uint high = TOp.Invoke(Vector256.Load((T*)(a + 32)), Vector256.Load((T*)(b + 32))).ExtractMostSignificantBits();
        return low | (high << (32 / sizeof(T)));
    }
}
