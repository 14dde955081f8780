using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>An operation on 16-bit floats, as singles that <see cref="IHalfFormat.Narrow"/> rounds rightly.</summary>
internal interface IHalfOperation
{
    /// <summary>The results of sixteen lanes.</summary>
    static abstract Vector512<float> Invoke<TFormat>(Vector512<float> a, Vector512<float> b, Vector512<float> c)
        where TFormat : struct, IHalfFormat;
}

/// <summary>
/// Arithmetic on <c>f16, bf16, f16x2, bf16x2</c>: exact enough in wider precision, then one rounding to nearest even. The scalar forms
/// compute the empty upper half as well.
/// </summary>
internal static unsafe class HalfArithmetic
{
    /// <summary>In the control argument: <c>.ftz</c>.</summary>
    public const int Flush = 1;

    /// <summary>In the control argument: <c>.sat</c>.</summary>
    public const int Saturate = 2;

    /// <summary>In the control argument: <c>.relu</c>.</summary>
    public const int Rectify = 4;

    /// <summary>In the control argument: there is a second source.</summary>
    public const int HasB = 8;

    /// <summary>In the control argument: there is a third source.</summary>
    public const int HasC = 16;

    /// <summary>d = operation(a, b, c) in both halves.</summary>
    public static void Invoke<TFormat, TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where TFormat : struct, IHalfFormat
        where TOp : struct, IHalfOperation
    {
        for (int half = 0; half < Lanes.Count; half += 16)
        {
            Vector512<uint> x = Vector512.Load((uint*)a + half);
            Vector512<uint> y = (control & HasB) != 0 ? Vector512.Load((uint*)b + half) : Vector512<uint>.Zero;
            Vector512<uint> z = (control & HasC) != 0 ? Vector512.Load((uint*)c + half) : Vector512<uint>.Zero;
            Vector512<uint> mask = Vector512.Create(0xffffu);
            Vector512<uint> low = Half<TFormat, TOp>(x & mask, y & mask, z & mask, control);
            Vector512<uint> high = Half<TFormat, TOp>(
                Vector512.ShiftRightLogical(x, 16), Vector512.ShiftRightLogical(y, 16), Vector512.ShiftRightLogical(z, 16), control);
            (low | Vector512.ShiftLeft(high, 16)).Store((uint*)d + half);
        }
    }

    private static Vector512<uint> Half<TFormat, TOp>(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, int control)
        where TFormat : struct, IHalfFormat
        where TOp : struct, IHalfOperation
    {
        if ((control & Flush) != 0)
        {
            a = Flushed<TFormat>(a);
            b = Flushed<TFormat>(b);
            c = Flushed<TFormat>(c);
        }

        Vector512<float> value = TOp.Invoke<TFormat>(TFormat.Widen(a), TFormat.Widen(b), TFormat.Widen(c));
        if ((control & Rectify) != 0)
        {
            value = Vector512.ConditionalSelect(Vector512.LessThanOrEqual(value, Vector512<float>.Zero), Vector512<float>.Zero, value);
        }

        if ((control & Saturate) != 0)
        {
            value = SingleRules.Saturate(value);
        }

        Vector512<uint> result = TFormat.Narrow(value);
        return (control & Flush) != 0 ? Flushed<TFormat>(result) : result;
    }

    private static Vector512<uint> Flushed<TFormat>(Vector512<uint> bits)
        where TFormat : struct, IHalfFormat
    {
        Vector512<uint> exponent = bits & Vector512.Create((uint)TFormat.Format.Infinity);
        return Vector512.ConditionalSelect(
            Vector512.Equals(exponent, Vector512<uint>.Zero), bits & Vector512.Create((uint)TFormat.Format.SignBit), bits);
    }

    /// <summary>a + b: a single has enough bits more than a half for two roundings to give what one gives.</summary>
    internal readonly struct Add : IHalfOperation
    {
        /// <inheritdoc/>
        public static Vector512<float> Invoke<TFormat>(Vector512<float> a, Vector512<float> b, Vector512<float> c)
            where TFormat : struct, IHalfFormat => a + b;
    }

    /// <summary>a − b.</summary>
    internal readonly struct Subtract : IHalfOperation
    {
        /// <inheritdoc/>
        public static Vector512<float> Invoke<TFormat>(Vector512<float> a, Vector512<float> b, Vector512<float> c)
            where TFormat : struct, IHalfFormat => a - b;
    }

    /// <summary>a · b.</summary>
    internal readonly struct Multiply : IHalfOperation
    {
        /// <inheritdoc/>
        public static Vector512<float> Invoke<TFormat>(Vector512<float> a, Vector512<float> b, Vector512<float> c)
            where TFormat : struct, IHalfFormat => TFormat.MultiplyAdd(a, b, Vector512.Create(-0f));
    }

    /// <summary>a · b + c with one rounding.</summary>
    internal readonly struct MultiplyAdd : IHalfOperation
    {
        /// <inheritdoc/>
        public static Vector512<float> Invoke<TFormat>(Vector512<float> a, Vector512<float> b, Vector512<float> c)
            where TFormat : struct, IHalfFormat => TFormat.MultiplyAdd(a, b, c);
    }

    /// <summary>An operation of single precision that is exact on numbers of 16 bits.</summary>
    internal readonly struct Exact<TOp> : IHalfOperation
        where TOp : struct, IVectorBinary<float>
    {
        /// <inheritdoc/>
        public static Vector512<float> Invoke<TFormat>(Vector512<float> a, Vector512<float> b, Vector512<float> c)
            where TFormat : struct, IHalfFormat => TOp.Invoke(a, b);
    }
}
