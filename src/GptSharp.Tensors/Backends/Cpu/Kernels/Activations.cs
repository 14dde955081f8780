using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>f(x) = x.</summary>
internal readonly struct Identity : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x)
        where T : unmanaged, ILanes<T> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>
    {
        value = x;
        return T.Broadcast(1f);
    }
}

/// <summary>f(x) = max(0, x), with slope 0 at 0.</summary>
internal readonly struct Relu : IActivation
{
    // The constant stands first: a NaN in the second operand survives Max.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x)
        where T : unmanaged, ILanes<T> => T.Max(T.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>
    {
        value = Value(x);
        return T.SelectLess(T.Zero, x, T.Broadcast(1f), T.Zero);
    }
}

/// <summary>f(x) = 1 / (1 + exp(-x)).</summary>
internal readonly struct Sigmoid : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T one = T.Broadcast(1f);
        return one / (one + VectorMath.Exp(T.Zero - x));
    }

    // s and s (1 - s) = e / (1 + e)² from e = exp(-|x|), at most 1: nothing cancels, on either side of 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>
    {
        T one = T.Broadcast(1f);
        T e = VectorMath.Exp(T.Zero - T.Abs(x));
        T inverse = one / (one + e);
        T small = e * inverse;
        value = T.SelectLess(x, T.Zero, small, inverse);
        return small * inverse;
    }
}

/// <summary>f(x) = x / (1 + exp(-x)).</summary>
internal readonly struct Swish : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x)
        where T : unmanaged, ILanes<T> => x / (T.Broadcast(1f) + VectorMath.Exp(T.Zero - x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>
    {
        T slope = Sigmoid.Slope(x, out T sigmoid);
        value = x * sigmoid;
        return T.MultiplyAdd(x, slope, sigmoid);
    }
}

/// <summary>f(x) = x / (1 + exp(-2u)) with u = sqrt(2/pi) (x + 0.044715 x³), which is x/2 (1 + tanh u) without its cancellation.</summary>
internal readonly struct GeluTanh : IActivation
{
    // 2u = x (Linear + Cubic x²).
    private const float Linear = 1.59576912f, Cubic = 0.0713548163f, Log2E = 1.44269504f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        return x / (T.Broadcast(1f) + VectorMath.Exp2(T.Min(T.Broadcast(128f), Power(x, x * x))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>
    {
        // With e = exp(-2|u|) at most 1 neither gate nor gate (1 - gate) = e / (1 + e)^2 loses digits on either side.
        T near = GeluRange.Clamp(x), one = T.Broadcast(1f);
        T square = near * near;
        T e = VectorMath.Exp2(Power(T.Abs(near), square));
        T inverse = one / (one + e);
        T small = e * inverse;
        T gate = T.SelectLess(near, T.Zero, small, inverse);
        T innerSlope = T.MultiplyAdd(square, T.Broadcast(3 * Cubic), T.Broadcast(Linear));
        value = x * gate;
        return T.MultiplyAdd(near * innerSlope, small * inverse, gate);
    }

    // -2u log2 e, so that exp(-2u) is a power of two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Power<T>(T x, T square)
        where T : unmanaged, ILanes<T> =>
        x * T.MultiplyAdd(square, T.Broadcast(-Cubic * Log2E), T.Broadcast(-Linear * Log2E));
}

/// <summary>f(x) = x Phi(x), with Phi = 1 - erfc(t)/2 for positive x and erfc(t)/2 for negative, t = |x| / sqrt 2.</summary>
internal readonly struct GeluErf : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x)
        where T : unmanaged, ILanes<T> => x * NormalDistribution(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, out T value)
        where T : unmanaged, ILanes<T>
    {
        T near = GeluRange.Clamp(x);
        T distribution = NormalDistribution(near, out T density);
        value = x * distribution;
        return T.MultiplyAdd(near, density, distribution);
    }

    // exp(-t²) is sqrt(2 pi) phi(x).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T NormalDistribution<T>(T x, out T density)
        where T : unmanaged, ILanes<T>
    {
        T exponential = VectorMath.Exp(x * x * T.Broadcast(-0.5f));
        T tail = T.Broadcast(0.5f) * VectorMath.ErfcOfMagnitude(T.Abs(x) * T.Broadcast(0.707106781f), exponential);
        density = exponential * T.Broadcast(0.398942280f);
        return T.SelectLess(x, T.Zero, tail, T.Broadcast(1f) - tail);
    }
}

/// <summary>Where GELU's slope is not yet 0 or 1.</summary>
internal static class GeluRange
{
    // Beyond, either slope is 0 or 1 in binary32 already, and x² could overflow.
    private const float Saturation = 50f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Clamp<T>(T x)
        where T : unmanaged, ILanes<T> => T.Min(T.Broadcast(Saturation), T.Max(T.Broadcast(-Saturation), x));
}
