using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Speed;

/// <summary>Three arrays moved towards a fourth, in place, far larger than any cache: the traffic of AdamW with hardly any arithmetic.</summary>
internal readonly unsafe struct UpdateStream(float* a, float* b, float* c, float* target, long count) : ILaneAction
{
    /// <summary>Bytes moved per element.</summary>
    public const int BytesPerElement = 7 * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>()
        where T : unmanaged, ILanes<T>
    {
        T half = T.Broadcast(0.5f);
        for (long i = 0; i <= count - T.Count; i += T.Count)
        {
            T goal = T.Load(target + i);
            T.Store(a + i, T.MultiplyAdd(half, goal, half * T.Load(a + i)));
            T.Store(b + i, T.MultiplyAdd(half, goal, half * T.Load(b + i)));
            T.Store(c + i, T.MultiplyAdd(half, goal, half * T.Load(c + i)));
        }
    }
}
