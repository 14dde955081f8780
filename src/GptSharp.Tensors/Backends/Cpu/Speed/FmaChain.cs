using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Speed;

/// <summary>
/// Twelve independent chains of fused multiply-adds in registers: enough to keep two units of up to six cycles' latency busy, and
/// no memory to wait for. No kernel computes faster.
/// </summary>
internal readonly unsafe struct FmaChain(int rounds, float* result) : ILaneAction
{
    /// <summary>Chains, so fused multiply-adds of whole registers in one round.</summary>
    public const int Chains = 12;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>()
        where T : unmanaged, ILanes<T>
    {
        T half = T.Broadcast(0.5f);
        T one = T.Broadcast(1);
        (T a0, T a1, T a2, T a3, T a4, T a5) = (one, one, one, one, one, one);
        (T b0, T b1, T b2, T b3, T b4, T b5) = (one, one, one, one, one, one);
        for (int round = 0; round < rounds; round++)
        {
            // x / 2 + 1 converges to 2: neither overflow nor denormal numbers.
            a0 = T.MultiplyAdd(a0, half, one);
            a1 = T.MultiplyAdd(a1, half, one);
            a2 = T.MultiplyAdd(a2, half, one);
            a3 = T.MultiplyAdd(a3, half, one);
            a4 = T.MultiplyAdd(a4, half, one);
            a5 = T.MultiplyAdd(a5, half, one);
            b0 = T.MultiplyAdd(b0, half, one);
            b1 = T.MultiplyAdd(b1, half, one);
            b2 = T.MultiplyAdd(b2, half, one);
            b3 = T.MultiplyAdd(b3, half, one);
            b4 = T.MultiplyAdd(b4, half, one);
            b5 = T.MultiplyAdd(b5, half, one);
        }

        // Stored, so that nothing is optimised away.
        *result = T.Sum(a0 + a1 + a2 + a3 + a4 + a5 + b0 + b1 + b2 + b3 + b4 + b5);
    }
}
