using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Activation functions of every element, forward and backward from x.</summary>
internal static unsafe class ActivationKernel
{
    // Beyond, every derivative is 0 or 1 in binary32 already, and x^2 could overflow.
    private const float Saturation = 50f;

    /// <summary>y = f(x); y may be x.</summary>
    public static void Forward<TStorage>(TStorage* y, TStorage* x, long count, ActivationFunction function, ThreadTeam team)
        where TStorage : unmanaged
    {
        if (function == ActivationFunction.GeluTanh)
        {
            Elementwise.Run(y, x, count, default(Tanh), 0, team);
        }
        else
        {
            Elementwise.Run(y, x, count, default(Erf), 0, team);
        }
    }

    /// <summary>dx = dy f'(x) + beta dx; dx may be dy.</summary>
    public static void Backward<TStorage>(
        TStorage* dx, TStorage* dy, TStorage* x, long count, ActivationFunction function, float beta, ThreadTeam team)
        where TStorage : unmanaged
    {
        if (function == ActivationFunction.GeluTanh)
        {
            Elementwise.Run(dx, dy, x, count, default(TanhBackward), beta, team);
        }
        else
        {
            Elementwise.Run(dx, dy, x, count, default(ErfBackward), beta, team);
        }
    }

    // (1 + tanh u) / 2 = 1 / (1 + exp(-2u)), which does not cancel where x is negative.
    // 2u = x (Slope + Cubic x^2), Slope = 2 sqrt(2/pi), Cubic = 0.044715 Slope.
    private const float Slope = 1.59576912f, Cubic = 0.0713548163f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Clamp<T>(T x)
        where T : unmanaged, ILanes<T> => T.Min(T.Broadcast(Saturation), T.Max(T.Broadcast(-Saturation), x));

    private readonly struct Tanh : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T>
        {
            T one = T.Broadcast(1f);
            T exponent = a * T.MultiplyAdd(a * a, T.Broadcast(-Cubic), T.Broadcast(-Slope));
            return a / (one + VectorMath.Exp(exponent));
        }
    }

    private readonly struct TanhBackward : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T>
        {
            // With e = exp(-2|u|) at most 1 neither gate nor gate (1 - gate) = e / (1 + e)^2 loses digits on either side.
            T x = Clamp(b), one = T.Broadcast(1f);
            T square = x * x;
            T e = VectorMath.Exp(T.Abs(x) * T.MultiplyAdd(square, T.Broadcast(-Cubic), T.Broadcast(-Slope)));
            T inverse = one / (one + e);
            T small = e * inverse;
            T gate = T.SelectLess(x, T.Zero, small, inverse);
            T slope = T.MultiplyAdd(square, T.Broadcast(3 * Cubic), T.Broadcast(Slope));
            return a * T.MultiplyAdd(x * slope, small * inverse, gate);
        }
    }

    // Phi(x) = 1 - erfc(t)/2 for positive x and erfc(t)/2 for negative, t = |x| / sqrt 2; exp(-t^2) is sqrt(2 pi) phi(x).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T NormalDistribution<T>(T x, out T density)
        where T : unmanaged, ILanes<T>
    {
        T exponential = VectorMath.Exp(x * x * T.Broadcast(-0.5f));
        T tail = T.Broadcast(0.5f) * VectorMath.ErfcOfMagnitude(T.Abs(x) * T.Broadcast(0.707106781f), exponential);
        density = exponential * T.Broadcast(0.398942280f);
        return T.SelectLess(x, T.Zero, tail, T.Broadcast(1f) - tail);
    }

    private readonly struct Erf : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T> => a * NormalDistribution(a, out _);
    }

    private readonly struct ErfBackward : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T>
        {
            T x = Clamp(b);
            T distribution = NormalDistribution(x, out T density);
            return a * T.MultiplyAdd(x, density, distribution);
        }
    }
}
