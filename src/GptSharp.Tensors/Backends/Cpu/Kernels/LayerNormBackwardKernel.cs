using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>The backward pass of <see cref="LayerNormKernel"/>.</summary>
/// <remarks>
/// With xhat = (x - mean) rstd and g = dy weight: dx = rstd (g - mean(g) - xhat mean(g xhat)), dWeight = sum over rows of
/// dy xhat, dBias = sum of dy. The rows are cut into at most <see cref="MaximumPartCount"/> runs; each sums its rows in order,
/// then the runs are added in order, column by column.
/// </remarks>
internal static unsafe class LayerNormBackwardKernel
{
    /// <summary>Runs of rows at most, whatever their number: it bounds the workspace.</summary>
    public const int MaximumPartCount = 64;

    private const int MinimumRowsPerPart = 8, ReductionColumns = 128;

    /// <summary>Floats of workspace that <see cref="Run"/> needs.</summary>
    public static long WorkspaceCount(int rows, int channels) =>
        2L * channels * Parts.Count(rows, RowsPerPart(rows));

    private static int RowsPerPart(int rows) =>
        Math.Max(MinimumRowsPerPart, (rows + MaximumPartCount - 1) / MaximumPartCount);

    /// <summary>Each gradient = its formula + its beta times what it held; null gradients are not computed.</summary>
    /// <remarks>
    /// dx, dy, x: (rows, channels), dx may be dy; dWeight, dBias, weight: (channels), a null weight means ones; mean, rstd: (rows),
    /// from forward; workspace: <see cref="WorkspaceCount"/> floats.
    /// </remarks>
    public static void Run(
        float* dx, float* dWeight, float* dBias, float* dy, float* x, float* weight, float* mean, float* rstd,
        int rows, int channels, float betaX, float betaWeight, float betaBias, float* workspace, ThreadTeam team)
    {
        int rowsPerPart = RowsPerPart(rows), partCount = Parts.Count(rows, rowsPerPart);
        float* partials = dWeight == null && dBias == null ? null : workspace;
        LaneDispatch.For(
            team, partCount,
            new RowsPart(dx, partials, dy, x, weight, mean, rstd, rows, channels, betaX, rowsPerPart));
        if (partials != null)
        {
            LaneDispatch.For(
                team, Parts.Count(channels, ReductionColumns),
                new ReductionPart(dWeight, dBias, partials, partCount, channels, betaWeight, betaBias));
        }
    }

    // partials: (parts, 2, channels), the sums of dy xhat and of dy over the part's rows.
    private readonly struct RowsPart(
        float* dx, float* partials, float* dy, float* x, float* weight, float* mean, float* rstd,
        int rows, int channels, float betaX, int rowsPerPart) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            float* weightSum = null, biasSum = null;
            if (partials != null)
            {
                weightSum = partials + (2L * channels * part);
                biasSum = weightSum + channels;
                new Span<float>(weightSum, 2 * channels).Clear();
            }

            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)row * channels;
                T sumG = T.Zero, sumGNormal = T.Zero, center = T.Broadcast(mean[row]), scale = T.Broadcast(rstd[row]);
                int c = 0;
                for (; c <= channels - T.Count; c += T.Count)
                {
                    T upstream = T.Load(dy + start + c), normal = (T.Load(x + start + c) - center) * scale;
                    T g = weight == null ? upstream : upstream * T.Load(weight + c);
                    sumG += g;
                    sumGNormal = T.MultiplyAdd(g, normal, sumGNormal);
                    if (weightSum != null)
                    {
                        T.Store(weightSum + c, T.MultiplyAdd(upstream, normal, T.Load(weightSum + c)));
                        T.Store(biasSum + c, upstream + T.Load(biasSum + c));
                    }
                }

                // Beyond the row dy loads as 0, and with it every product.
                int rest = channels - c;
                T lastUpstream = T.LoadPartial(dy + start + c, rest);
                T lastNormal = (T.LoadPartial(x + start + c, rest) - center) * scale;
                T lastG = weight == null ? lastUpstream : lastUpstream * T.LoadPartial(weight + c, rest);
                sumG += lastG;
                sumGNormal = T.MultiplyAdd(lastG, lastNormal, sumGNormal);
                if (weightSum != null)
                {
                    T.StorePartial(
                        weightSum + c, T.MultiplyAdd(lastUpstream, lastNormal, T.LoadPartial(weightSum + c, rest)), rest);
                    T.StorePartial(biasSum + c, lastUpstream + T.LoadPartial(biasSum + c, rest), rest);
                }

                if (dx != null)
                {
                    InputRow<T>(start, T.Sum(sumG) / channels, T.Sum(sumGNormal) / channels, mean[row], rstd[row]);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void InputRow<T>(long start, float meanG, float meanGNormal, float average, float inverse)
            where T : unmanaged, ILanes<T>
        {
            T mg = T.Broadcast(meanG), mgn = T.Broadcast(meanGNormal), beta = T.Broadcast(betaX);
            T center = T.Broadcast(average), scale = T.Broadcast(inverse);
            for (int c = 0; c < channels; c += T.Count)
            {
                int count = Math.Min(T.Count, channels - c);
                float* target = dx + start + c;
                if (count == T.Count)
                {
                    T g = weight == null ? T.Load(dy + start + c) : T.Load(dy + start + c) * T.Load(weight + c);
                    T normal = (T.Load(x + start + c) - center) * scale;
                    T value = T.NegateMultiplyAdd(normal, mgn, g - mg) * scale;
                    T.Store(target, betaX == 0 ? value : T.MultiplyAdd(beta, T.Load(target), value));
                }
                else
                {
                    T g = T.LoadPartial(dy + start + c, count);
                    g = weight == null ? g : g * T.LoadPartial(weight + c, count);
                    T normal = (T.LoadPartial(x + start + c, count) - center) * scale;
                    T value = T.NegateMultiplyAdd(normal, mgn, g - mg) * scale;
                    value = betaX == 0 ? value : T.MultiplyAdd(beta, T.LoadPartial(target, count), value);
                    T.StorePartial(target, value, count);
                }
            }
        }
    }

    private readonly struct ReductionPart(
        float* dWeight, float* dBias, float* partials, int partCount, int channels, float betaWeight, float betaBias)
        : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * ReductionColumns, end = Math.Min(channels, first + ReductionColumns);
            for (int c = first; c < end; c += T.Count)
            {
                int count = Math.Min(T.Count, end - c);
                Reduce<T>(dWeight, partials, betaWeight, c, count);
                Reduce<T>(dBias, partials + channels, betaBias, c, count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Reduce<T>(float* gradient, float* sums, float beta, int c, int count)
            where T : unmanaged, ILanes<T>
        {
            if (gradient == null)
            {
                return;
            }

            T sum = T.Zero;
            for (int p = 0; p < partCount; p++)
            {
                sum += T.LoadPartial(sums + (2L * channels * p) + c, count);
            }

            if (beta != 0)
            {
                sum = T.MultiplyAdd(T.Broadcast(beta), T.LoadPartial(gradient + c, count), sum);
            }

            T.StorePartial(gradient + c, sum, count);
        }
    }
}
