using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>y = cap tanh(x / cap) of every element, forward and backward from x.</summary>
internal static unsafe class SoftCapKernel
{
    /// <summary>y = cap tanh(x / cap); y may be x.</summary>
    public static void Forward<TStorage>(TStorage* y, TStorage* x, long count, float cap, ThreadTeam team)
        where TStorage : unmanaged => Elementwise.Run(y, x, count, new Value(cap, 1 / cap), 0, team);

    /// <summary>dx = dy (1 - tanh²(x / cap)) + beta dx; dx may be dy, or with beta 0 x.</summary>
    public static void Backward<TStorage>(TStorage* dx, TStorage* dy, TStorage* x, long count, float cap, float beta, ThreadTeam team)
        where TStorage : unmanaged => Elementwise.Run(dx, dy, x, count, new Gradient(-2 / cap), beta, team);

    private readonly struct Value(float cap, float inverse) : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T> => T.Broadcast(cap) * VectorMath.Tanh(a * T.Broadcast(inverse));
    }

    private readonly struct Gradient(float exponent) : ILaneFunction
    {
        // 1 - tanh² u = 4 e / (1 + e)² with e = exp(-2|u|), at most 1: nothing cancels, however near the bound.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T>
        {
            T one = T.Broadcast(1f);
            T e = VectorMath.Exp(T.Abs(b) * T.Broadcast(exponent));
            T inverse = one / (one + e);
            return a * (T.Broadcast(4f) * e * inverse * inverse);
        }
    }
}
