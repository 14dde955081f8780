using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Keys and values that generation keeps.</summary>
internal static unsafe class AttentionCacheKernel
{
    /// <summary>keys[b, starts[b] + t] = k[b, t], and values likewise, for t below <paramref name="count"/>.</summary>
    /// <remarks>
    /// keys, values: (B, capacity, width), width = G D; k, v: rows of width elements, <paramref name="stride"/> apart; starts: (B), with
    /// starts[b] + count at most the capacity.
    /// </remarks>
    public static void Append<TStorage>(
        TStorage* keys, TStorage* values, TStorage* k, TStorage* v, int* starts,
        int batch, int count, int capacity, int width, long stride, ThreadTeam team)
        where TStorage : unmanaged =>
        team.For(batch * count, new Row<TStorage>(keys, values, k, v, starts, count, capacity, width, stride));

    private readonly struct Row<TStorage>(
        TStorage* keys, TStorage* values, TStorage* k, TStorage* v, int* starts, int count, int capacity, int width, long stride)
        : IParallelBody
        where TStorage : unmanaged
    {
        public void Run(int index)
        {
            (int b, int t) = Math.DivRem(index, count);
            long target = (((long)b * capacity) + starts[b] + t) * width;
            new Span<TStorage>(k + (index * stride), width).CopyTo(new Span<TStorage>(keys + target, width));
            new Span<TStorage>(v + (index * stride), width).CopyTo(new Span<TStorage>(values + target, width));
        }
    }
}
