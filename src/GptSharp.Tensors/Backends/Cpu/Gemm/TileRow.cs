using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>What the micro-kernels have in common: how their registers get back to memory, and what they ask for ahead of use.</summary>
internal static unsafe class TileRow
{
    /// <summary>How far ahead a micro-kernel asks for the panel of a, which comes from the second-level cache or from beyond.</summary>
    public const int StepsAhead = 64;

    /// <summary>Asks for the cache line at an address, which need not exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>row = factor (left, right), added to what is there if asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(float* row, T left, T right, T factor, bool add)
        where T : unmanaged, ILanes<T>
    {
        if (add)
        {
            T.Store(row, T.MultiplyAdd(factor, left, T.Load(row)));
            T.Store(row + T.Count, T.MultiplyAdd(factor, right, T.Load(row + T.Count)));
        }
        else
        {
            T.Store(row, factor * left);
            T.Store(row + T.Count, factor * right);
        }
    }
}
