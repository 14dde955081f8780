using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Keys and values that generation keeps.</summary>
internal static unsafe class AttentionCacheKernel
{
    /// <summary>keys[b, starts[b] + t] = k[b, t], and values likewise, for t below <paramref name="count"/>.</summary>
    /// <remarks>
    /// keys, values: (B, capacity, width), width = G D; k, v: rows of width floats, <paramref name="stride"/> apart; starts: (B), with
    /// starts[b] + count at most the capacity.
    /// </remarks>
    public static void Append(
        float* keys, float* values, float* k, float* v, int* starts,
        int batch, int count, int capacity, int width, long stride, ThreadTeam team) =>
        team.For(batch * count, new Row(keys, values, k, v, starts, count, capacity, width, stride));

    private readonly struct Row(
        float* keys, float* values, float* k, float* v, int* starts, int count, int capacity, int width, long stride)
        : IParallelBody
    {
        public void Run(int index)
        {
            (int b, int t) = Math.DivRem(index, count);
            long target = (((long)b * capacity) + starts[b] + t) * width;
            new Span<float>(k + (index * stride), width).CopyTo(new Span<float>(keys + target, width));
            new Span<float>(v + (index * stride), width).CopyTo(new Span<float>(values + target, width));
        }
    }
}
