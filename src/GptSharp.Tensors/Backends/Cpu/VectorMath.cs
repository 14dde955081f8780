using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>
/// Elementary functions of a register of floats. The polynomials are minimax fits made for this file (Remez exchange in
/// 40-digit arithmetic, coefficients rounded to binary32); the bounds are what the tests assert over every binade.
/// </summary>
/// <remarks>
/// One ulp is the spacing of floats at the exact result. NaN gives NaN. The bits may differ between register widths only
/// where a machine lacks fused multiply-add; there the exponentials' error is below 1.25 ulp.
/// </remarks>
internal static class VectorMath
{
    private const float Log2E = 1.44269504f;

    // ln 2 in two parts; the first has nine bits, so its product with an exponent is exact even without a fused multiply.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    /// <summary>e^x within 1 ulp; 0 below -104, infinity above 88.73, gradual underflow between.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        // The constant stands first: a NaN in the second operand survives Max and Min.
        x = T.Min(T.Broadcast(89f), T.Max(T.Broadcast(-104f), x));
        T n = T.Round(x * T.Broadcast(Log2E));
        T r = T.NegateMultiplyAdd(n, T.Broadcast(Ln2High), x);
        r = T.NegateMultiplyAdd(n, T.Broadcast(Ln2Low), r);

        // (e^r - 1 - r) / r^2 on [-ln2/2, ln2/2], relative error of the whole 3.1e-9.
        T p = T.Broadcast(0.00138146093f);
        p = T.MultiplyAdd(p, r, T.Broadcast(0.00836871658f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.0416683890f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.166665211f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.499999940f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1f));
        return T.ScaleByPowerOfTwo(p, n);
    }

    /// <summary>2^x within 1 ulp for x at most 128, where it is infinite (beyond, undefined); 0 below -150.</summary>
    /// <remarks>
    /// Softmax works in powers of two: log2 e joins the scale of the scores, and the argument needs no reduction beyond
    /// taking off its nearest integer, which is exact.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp2<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T p = Exp2OfFraction(T.Max(T.Broadcast(-151f), x), out T n);
        return T.ScaleByPowerOfTwo(p, n);
    }

    /// <summary>The same to the bit for x from -125 on, and 2^-125 below: for sums in which so little counts for nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp2OrLeast<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T p = Exp2OfFraction(T.Max(T.Broadcast(-125f), x), out T n);
        return T.ScaleNormalByPowerOfTwo(p, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Exp2OfFraction<T>(T x, out T n)
        where T : unmanaged, ILanes<T>
    {
        n = T.Round(x);
        T r = x - n;

        // (2^r - 1) / r on [-1/2, 1/2], relative error of the whole 2.0e-9.
        T p = T.Broadcast(0.000153533576f);
        p = T.MultiplyAdd(p, r, T.Broadcast(0.00133988773f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.00961843785f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.0555033237f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.240226477f));
        p = T.MultiplyAdd(p, r, T.Broadcast(0.693147182f));
        return T.MultiplyAdd(p, r, T.Broadcast(1f));
    }

    /// <summary>ln x within 1 ulp; -infinity at 0, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        // Denormals are lifted into the normal range first.
        T smallestNormal = T.Broadcast(1.17549435e-38f);
        T lifted = T.SelectLess(x, smallestNormal, x * T.Broadcast(1 << 23), x);
        T shift = T.SelectLess(x, smallestNormal, T.Broadcast(-23f), T.Zero);
        T f = T.SplitPowerOfTwo(lifted, out T e) - T.Broadcast(1f);
        e += shift;

        // (ln(1 + f) - f + f^2/2) / f^3 on [sqrt 1/2 - 1, sqrt 2 - 1], relative error of the whole 5.8e-9.
        T p = T.Broadcast(-0.0763449296f);
        p = T.MultiplyAdd(p, f, T.Broadcast(0.127615750f));
        p = T.MultiplyAdd(p, f, T.Broadcast(-0.131601825f));
        p = T.MultiplyAdd(p, f, T.Broadcast(0.142017588f));
        p = T.MultiplyAdd(p, f, T.Broadcast(-0.166233569f));
        p = T.MultiplyAdd(p, f, T.Broadcast(0.200012267f));
        p = T.MultiplyAdd(p, f, T.Broadcast(-0.250008196f));
        p = T.MultiplyAdd(p, f, T.Broadcast(0.333333313f));
        T square = f * f;
        T tail = T.MultiplyAdd(e, T.Broadcast(Ln2Low), square * f * p);
        tail = T.NegateMultiplyAdd(T.Broadcast(0.5f), square, tail);
        T result = T.MultiplyAdd(e, T.Broadcast(Ln2High), f + tail);

        T infinity = T.Broadcast(float.PositiveInfinity), nan = T.Broadcast(float.NaN);
        result = T.SelectLess(x, infinity, result, x);
        result = T.SelectEqual(x, T.Zero, T.Broadcast(float.NegativeInfinity), result);
        return T.SelectLess(x, T.Zero, nan, result);
    }

    /// <summary>tanh x within 1.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T a = T.Abs(x), one = T.Broadcast(1f);
        T far = one - (T.Broadcast(2f) / (Exp(a + a) + one));
        return T.CopySign(T.SelectLess(a, T.Broadcast(0.56f), TanhNearZero(a), far), x);
    }

    /// <summary>
    /// tanh x within 1.5 ulp, and its derivative 1 - tanh^2 x within 6 ulp: also in saturation, where little is left of it, down to the
    /// smallest normal number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x, out T derivative)
        where T : unmanaged, ILanes<T>
    {
        T a = T.Abs(x), one = T.Broadcast(1f), border = T.Broadcast(0.56f);
        T near = TanhNearZero(a), complement = T.Broadcast(2f) / (Exp(a + a) + one);
        T tanh = T.SelectLess(a, border, near, one - complement);
        derivative = T.SelectLess(a, border, one - near, complement) * (one + tanh);
        return T.CopySign(tanh, x);
    }

    // The form by way of exp cancels near 0: (tanh a - a) / a^3 in a^2 on [0, 0.56^2], relative error of the whole 1.2e-9.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T TanhNearZero<T>(T a)
        where T : unmanaged, ILanes<T>
    {
        T z = a * a;
        T p = T.Broadcast(-0.00620743213f);
        p = T.MultiplyAdd(p, z, T.Broadcast(0.0210272204f));
        p = T.MultiplyAdd(p, z, T.Broadcast(-0.0538422801f));
        p = T.MultiplyAdd(p, z, T.Broadcast(0.133324996f));
        p = T.MultiplyAdd(p, z, T.Broadcast(-0.333333164f));
        return T.MultiplyAdd(p * z, a, a);
    }

    /// <summary>erf x within 1.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Erf<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T a = T.Abs(x);

        // Near 0: erf a / a - 1 in a^2 on [0, 0.9^2], absolute error 1.2e-8.
        T z = a * a;
        T p = T.Broadcast(-0.000611129391f);
        p = T.MultiplyAdd(p, z, T.Broadcast(0.00501622865f));
        p = T.MultiplyAdd(p, z, T.Broadcast(-0.0267819576f));
        p = T.MultiplyAdd(p, z, T.Broadcast(0.112822302f));
        p = T.MultiplyAdd(p, z, T.Broadcast(-0.376125336f));
        p = T.MultiplyAdd(p, z, T.Broadcast(0.128379151f));
        T near = T.MultiplyAdd(p, a, a);

        T far = T.Broadcast(1f) - ErfcOfMagnitude(a, Exp(T.Zero - z));
        return T.CopySign(T.SelectLess(a, T.Broadcast(0.9f), near, far), x);
    }

    /// <summary>erfc t for t at least 0, given exp(-t^2), which callers often need as well; absolute error 1e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ErfcOfMagnitude<T>(T t, T expOfMinusSquare)
        where T : unmanaged, ILanes<T>
    {
        // erfc t exp(t^2) = s P(s) with s = 1 / (1 + 0.42 t), for t in [0, 10], error 5.2e-9 relative where it matters.
        T one = T.Broadcast(1f);
        T s = one / T.MultiplyAdd(t, T.Broadcast(0.42f), one);
        T p = T.Broadcast(0.0689246655f);
        p = T.MultiplyAdd(p, s, T.Broadcast(-0.311888725f));
        p = T.MultiplyAdd(p, s, T.Broadcast(0.420267761f));
        p = T.MultiplyAdd(p, s, T.Broadcast(-0.105274253f));
        p = T.MultiplyAdd(p, s, T.Broadcast(0.251461774f));
        p = T.MultiplyAdd(p, s, T.Broadcast(0.201260805f));
        p = T.MultiplyAdd(p, s, T.Broadcast(0.238329574f));
        p = T.MultiplyAdd(p, s, T.Broadcast(0.236918390f));
        return p * s * expOfMinusSquare;
    }
}
