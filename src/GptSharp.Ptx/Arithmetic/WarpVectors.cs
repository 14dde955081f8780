using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>An operation of one operand on vectors of lanes.</summary>
internal interface IVectorUnary<T>
{
    /// <summary>The results of half a vector register.</summary>
    static abstract Vector256<T> Invoke(Vector256<T> a);

    /// <summary>The results of a whole vector register.</summary>
    static abstract Vector512<T> Invoke(Vector512<T> a);
}

/// <summary>An operation of two operands on vectors of lanes.</summary>
internal interface IVectorBinary<T>
{
    /// <inheritdoc cref="IVectorUnary{T}.Invoke(Vector256{T})"/>
    static abstract Vector256<T> Invoke(Vector256<T> a, Vector256<T> b);

    /// <inheritdoc cref="IVectorUnary{T}.Invoke(Vector512{T})"/>
    static abstract Vector512<T> Invoke(Vector512<T> a, Vector512<T> b);
}

/// <summary>An operation of three operands on vectors of lanes.</summary>
internal interface IVectorTernary<T>
{
    /// <inheritdoc cref="IVectorUnary{T}.Invoke(Vector256{T})"/>
    static abstract Vector256<T> Invoke(Vector256<T> a, Vector256<T> b, Vector256<T> c);

    /// <inheritdoc cref="IVectorUnary{T}.Invoke(Vector512{T})"/>
    static abstract Vector512<T> Invoke(Vector512<T> a, Vector512<T> b, Vector512<T> c);
}

/// <summary>
/// Runs vector operations over the 32 lanes of a warp: as two (of 64 bits: four) AVX-512 registers, or twice as many of half the
/// width, which .NET puts together from what the processor has. Unrolled by hand: a loop costs as much as the work.
/// </summary>
internal static unsafe class WarpVectors
{
    /// <summary>d = op(a), in the shape of <see cref="LaneOperation.Function"/>.</summary>
    public static void Unary<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorUnary<T> => Unary<T, TOp>((byte*)d, (byte*)a);

    /// <summary>d = op(a, b), in the shape of <see cref="LaneOperation.Function"/>.</summary>
    public static void Binary<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorBinary<T> => Binary<T, TOp>((byte*)d, (byte*)a, (byte*)b);

    /// <summary>d = op(a, b, c), in the shape of <see cref="LaneOperation.Function"/>.</summary>
    public static void Ternary<T, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged
        where TOp : struct, IVectorTernary<T> => Ternary<T, TOp>((byte*)d, (byte*)a, (byte*)b, (byte*)c);

    /// <summary>d = op(a), to be inlined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unary<T, TOp>(byte* d, byte* a)
        where T : unmanaged
        where TOp : struct, IVectorUnary<T>
    {
        UnaryAt<T, TOp>(d, a);
        UnaryAt<T, TOp>(d + 64, a + 64);
        if (sizeof(T) == 8)
        {
            UnaryAt<T, TOp>(d + 128, a + 128);
            UnaryAt<T, TOp>(d + 192, a + 192);
        }
    }

    /// <summary>d = op(a, b), to be inlined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Binary<T, TOp>(byte* d, byte* a, byte* b)
        where T : unmanaged
        where TOp : struct, IVectorBinary<T>
    {
        BinaryAt<T, TOp>(d, a, b);
        BinaryAt<T, TOp>(d + 64, a + 64, b + 64);
        if (sizeof(T) == 8)
        {
            BinaryAt<T, TOp>(d + 128, a + 128, b + 128);
            BinaryAt<T, TOp>(d + 192, a + 192, b + 192);
        }
    }

    /// <summary>d = op(a, b, c), to be inlined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ternary<T, TOp>(byte* d, byte* a, byte* b, byte* c)
        where T : unmanaged
        where TOp : struct, IVectorTernary<T>
    {
        TernaryAt<T, TOp>(d, a, b, c);
        TernaryAt<T, TOp>(d + 64, a + 64, b + 64, c + 64);
        if (sizeof(T) == 8)
        {
            TernaryAt<T, TOp>(d + 128, a + 128, b + 128, c + 128);
            TernaryAt<T, TOp>(d + 192, a + 192, b + 192, c + 192);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UnaryAt<T, TOp>(byte* d, byte* a)
        where T : unmanaged
        where TOp : struct, IVectorUnary<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            TOp.Invoke(Vector512.Load((T*)a)).Store((T*)d);
        }
        else
        {
            TOp.Invoke(Vector256.Load((T*)a)).Store((T*)d);
            TOp.Invoke(Vector256.Load((T*)(a + 32))).Store((T*)(d + 32));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BinaryAt<T, TOp>(byte* d, byte* a, byte* b)
        where T : unmanaged
        where TOp : struct, IVectorBinary<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            TOp.Invoke(Vector512.Load((T*)a), Vector512.Load((T*)b)).Store((T*)d);
        }
        else
        {
            TOp.Invoke(Vector256.Load((T*)a), Vector256.Load((T*)b)).Store((T*)d);
            TOp.Invoke(Vector256.Load((T*)(a + 32)), Vector256.Load((T*)(b + 32))).Store((T*)(d + 32));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TernaryAt<T, TOp>(byte* d, byte* a, byte* b, byte* c)
        where T : unmanaged
        where TOp : struct, IVectorTernary<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            TOp.Invoke(Vector512.Load((T*)a), Vector512.Load((T*)b), Vector512.Load((T*)c)).Store((T*)d);
        }
        else
        {
            TOp.Invoke(Vector256.Load((T*)a), Vector256.Load((T*)b), Vector256.Load((T*)c)).Store((T*)d);
            TOp.Invoke(Vector256.Load((T*)(a + 32)), Vector256.Load((T*)(b + 32)), Vector256.Load((T*)(c + 32))).Store((T*)(d + 32));
        }
    }
}
