using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>LayerNorm over rows of <c>channels</c> floats.</summary>
internal static unsafe class LayerNormKernel
{
    private const int PartElements = 16384;

    /// <summary>y = (x - mean) rstd weight + bias per row, with the row's mean and rstd = 1 / sqrt(variance + epsilon).</summary>
    /// <remarks>
    /// y, x: (rows, channels), y may be x; mean, rstd: (rows), outputs; weight, bias: (channels), null for ones and zeros.
    /// </remarks>
    public static void Forward(
        float* y, float* mean, float* rstd, float* x, float* weight, float* bias,
        int rows, int channels, float epsilon, ThreadTeam team)
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart(y, mean, rstd, x, weight, bias, rows, channels, epsilon, rowsPerPart));
    }

    private readonly struct ForwardPart(
        float* y, float* mean, float* rstd, float* x, float* weight, float* bias,
        int rows, int channels, float epsilon, int rowsPerPart) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                float* source = x + ((long)row * channels), target = y + ((long)row * channels);
                float average = Sum<T>(source, channels) / channels;
                float variance = SquaredDeviations<T>(source, channels, average) / channels;
                float inverse = 1f / MathF.Sqrt(variance + epsilon);
                mean[row] = average;
                rstd[row] = inverse;
                Normalise<T>(target, source, average, inverse);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Normalise<T>(float* target, float* source, float average, float inverse)
            where T : unmanaged, ILanes<T>
        {
            T center = T.Broadcast(average), scale = T.Broadcast(inverse);
            int c = 0;
            for (; c <= channels - T.Count; c += T.Count)
            {
                T value = (T.Load(source + c) - center) * scale;
                value = weight == null ? value : value * T.Load(weight + c);
                T.Store(target + c, bias == null ? value : value + T.Load(bias + c));
            }

            int rest = channels - c;
            T last = (T.LoadPartial(source + c, rest) - center) * scale;
            last = weight == null ? last : last * T.LoadPartial(weight + c, rest);
            T.StorePartial(target + c, bias == null ? last : last + T.LoadPartial(bias + c, rest), rest);
        }
    }

    // Four sums in flight hide the latency of the addition.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<T>(float* x, int length)
        where T : unmanaged, ILanes<T>
    {
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
        int c = 0;
        for (; c <= length - (4 * T.Count); c += 4 * T.Count)
        {
            s0 += T.Load(x + c);
            s1 += T.Load(x + c + T.Count);
            s2 += T.Load(x + c + (2 * T.Count));
            s3 += T.Load(x + c + (3 * T.Count));
        }

        for (; c <= length - T.Count; c += T.Count)
        {
            s0 += T.Load(x + c);
        }

        s1 += T.LoadPartial(x + c, length - c);
        return T.Sum((s0 + s1) + (s2 + s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SquaredDeviations<T>(float* x, int length, float average)
        where T : unmanaged, ILanes<T>
    {
        T center = T.Broadcast(average);
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
        int c = 0;
        for (; c <= length - (4 * T.Count); c += 4 * T.Count)
        {
            T d0 = T.Load(x + c) - center, d1 = T.Load(x + c + T.Count) - center;
            T d2 = T.Load(x + c + (2 * T.Count)) - center, d3 = T.Load(x + c + (3 * T.Count)) - center;
            s0 = T.MultiplyAdd(d0, d0, s0);
            s1 = T.MultiplyAdd(d1, d1, s1);
            s2 = T.MultiplyAdd(d2, d2, s2);
            s3 = T.MultiplyAdd(d3, d3, s3);
        }

        for (; c <= length - T.Count; c += T.Count)
        {
            T d = T.Load(x + c) - center;
            s0 = T.MultiplyAdd(d, d, s0);
        }

        int rest = length - c;
        T last = T.LoadPartial(x + c, rest) - center;
        last = T.SelectLess(T.Indices, T.Broadcast(rest), last, T.Zero);
        s1 = T.MultiplyAdd(last, last, s1);
        return T.Sum((s0 + s1) + (s2 + s3));
    }
}
