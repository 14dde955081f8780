using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Activation functions of every element, forward and backward from x.</summary>
internal static unsafe class ActivationKernel
{
    /// <summary>y = f(x); y may be x.</summary>
    public static void Forward<TStorage>(TStorage* y, TStorage* x, long count, ActivationFunction function, ThreadTeam team)
        where TStorage : unmanaged =>
        ActivationDispatch.Run(function, new ForwardUse<TStorage>(y, x, count, team));

    /// <summary>dx = dy f'(x) + beta dx; dx may be dy.</summary>
    public static void Backward<TStorage>(
        TStorage* dx, TStorage* dy, TStorage* x, long count, ActivationFunction function, float beta, ThreadTeam team)
        where TStorage : unmanaged =>
        ActivationDispatch.Run(function, new BackwardUse<TStorage>(dx, dy, x, count, beta, team));

    private readonly struct ForwardUse<TStorage>(TStorage* y, TStorage* x, long count, ThreadTeam team) : IActivationUse
        where TStorage : unmanaged
    {
        public void Run<TActivation>()
            where TActivation : struct, IActivation => Elementwise.Run(y, x, count, default(Value<TActivation>), 0, team);
    }

    private readonly struct BackwardUse<TStorage>(
        TStorage* dx, TStorage* dy, TStorage* x, long count, float beta, ThreadTeam team) : IActivationUse
        where TStorage : unmanaged
    {
        public void Run<TActivation>()
            where TActivation : struct, IActivation => Elementwise.Run(dx, dy, x, count, default(Gradient<TActivation>), beta, team);
    }

    private readonly struct Value<TActivation> : ILaneFunction
        where TActivation : struct, IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T> => TActivation.Value(a);
    }

    private readonly struct Gradient<TActivation> : ILaneFunction
        where TActivation : struct, IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T> => a * TActivation.Slope(b, out _);
    }
}
