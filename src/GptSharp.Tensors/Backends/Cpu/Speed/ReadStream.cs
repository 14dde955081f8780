using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Speed;

/// <summary>The sum of an array far larger than any cache, walked in four places at once, with a sum of its own for each.</summary>
internal readonly unsafe struct ReadStream(float* a, long count, float* result) : ILaneAction
{
    /// <summary>Bytes moved per element.</summary>
    public const int BytesPerElement = sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>()
        where T : unmanaged, ILanes<T>
    {
        long part = count / 4;
        (T sum0, T sum1, T sum2, T sum3) = (T.Zero, T.Zero, T.Zero, T.Zero);
        for (long i = 0; i <= part - T.Count; i += T.Count)
        {
            sum0 += T.Load(a + i);
            sum1 += T.Load(a + part + i);
            sum2 += T.Load(a + (2 * part) + i);
            sum3 += T.Load(a + (3 * part) + i);
        }

        *result = T.Sum(sum0 + sum1 + sum2 + sum3);
    }
}
