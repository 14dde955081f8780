using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Softmax cross-entropy over rows of logits whose columns from <c>columns</c> to <c>stride</c> are padding, never read.
/// </summary>
internal static unsafe class CrossEntropyKernel
{
    private const int PartElements = 16384;

    // Exponentials are added in floats over this many columns, then in double: a sum over 50,000 keeps seven digits.
    private const int SumLength = 512;

    /// <summary>
    /// Per row: logSumExp = ln sum_v exp z_v and loss = logSumExp - z_target, 0 where the target is
    /// <paramref name="ignoredTarget"/>. Returns the sum of loss + zLoss logSumExp² over the other rows, in row order.
    /// </summary>
    /// <remarks>loss, logSumExp, targets: (rows); logits: (rows, stride). Other targets must lie in 0 ... columns - 1.</remarks>
    public static double Forward<TLogits>(
        float* loss, float* logSumExp, TLogits* logits, int* targets,
        int rows, int columns, int stride, int ignoredTarget, double zLoss, ThreadTeam team)
        where TLogits : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(columns, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart<TLogits>(loss, logSumExp, logits, targets, rows, columns, stride, ignoredTarget, rowsPerPart));
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            double normalizer = targets[row] == ignoredTarget ? 0 : logSumExp[row];
            sum += loss[row] + (zLoss * normalizer * normalizer);
        }

        return sum;
    }

    /// <summary>
    /// dLogits = scale ((1 + 2 zLoss logSumExp) exp(z - logSumExp) - onehot(target)) + beta dLogits; the formula is 0 in padding columns
    /// and in rows whose target is <paramref name="ignoredTarget"/>. With beta 0, dLogits may be logits.
    /// </summary>
    /// <remarks>dLogits, logits: (rows, stride); targets, logSumExp: (rows). The scale holds the upstream gradient as well.</remarks>
    public static void Backward<TLogits>(
        TLogits* dLogits, TLogits* logits, int* targets, float* logSumExp,
        int rows, int columns, int stride, int ignoredTarget, float scale, double zLoss, float beta, ThreadTeam team)
        where TLogits : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(stride, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new BackwardPart<TLogits>(
                dLogits, logits, targets, logSumExp, rows, columns, stride, ignoredTarget, scale, zLoss, beta, rowsPerPart));
    }

    private readonly struct ForwardPart<TLogits>(
        float* loss, float* logSumExp, TLogits* logits, int* targets,
        int rows, int columns, int stride, int ignoredTarget, int rowsPerPart) : ILaneKernel
        where TLogits : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                TLogits* z = logits + ((long)row * stride);
                float largest = Largest<T>(z);
                double normalizer = largest + Math.Log(SumOfExponentials<T>(z, largest));
                int target = targets[row];
                logSumExp[row] = (float)normalizer;
                loss[row] = target == ignoredTarget ? 0 : (float)(normalizer - Stored.Load(z + target));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private float Largest<T>(TLogits* z)
            where T : unmanaged, ILanes<T>
        {
            T lowest = T.Broadcast(float.NegativeInfinity), m0 = lowest, m1 = lowest;
            int c = 0;
            for (; c <= columns - (2 * T.Count); c += 2 * T.Count)
            {
                m0 = T.Max(m0, T.Load(z + c));
                m1 = T.Max(m1, T.Load(z + c + T.Count));
            }

            for (; c < columns; c += T.Count)
            {
                int rest = Math.Min(T.Count, columns - c);
                T valid = T.SelectLess(T.Indices, T.Broadcast(rest), T.LoadPartial(z + c, rest), lowest);
                m0 = T.Max(m0, valid);
            }

            return T.MaxAcross(T.Max(m0, m1));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private double SumOfExponentials<T>(TLogits* z, float largest)
            where T : unmanaged, ILanes<T>
        {
            T shift = T.Broadcast(largest);
            double total = 0;
            for (int start = 0; start < columns; start += SumLength)
            {
                int end = Math.Min(columns, start + SumLength), c = start;
                T s0 = T.Zero, s1 = T.Zero;
                for (; c <= end - (2 * T.Count); c += 2 * T.Count)
                {
                    s0 += VectorMath.Exp(T.Load(z + c) - shift);
                    s1 += VectorMath.Exp(T.Load(z + c + T.Count) - shift);
                }

                for (; c < end; c += T.Count)
                {
                    int rest = Math.Min(T.Count, end - c);
                    T e = VectorMath.Exp(T.LoadPartial(z + c, rest) - shift);
                    s0 += T.SelectLess(T.Indices, T.Broadcast(rest), e, T.Zero);
                }

                total += T.Sum(s0 + s1);
            }

            return total;
        }
    }

    private readonly struct BackwardPart<TLogits>(
        TLogits* dLogits, TLogits* logits, int* targets, float* logSumExp,
        int rows, int columns, int stride, int ignoredTarget, float scale, double zLoss, float beta, int rowsPerPart) : ILaneKernel
        where TLogits : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                TLogits* z = logits + ((long)row * stride), target = dLogits + ((long)row * stride);
                if (targets[row] == ignoredTarget)
                {
                    Rest<T>(target, 0);
                    continue;
                }

                // The target's own logit may be overwritten before it is needed.
                TLogits* hit = target + targets[row];
                float held = beta == 0 ? 0 : beta * Stored.Load(hit), normalizer = logSumExp[row];
                double weight = 1 + (2 * zLoss * normalizer);
                float slope = scale * ((float)(weight * Math.Exp((double)Stored.Load(z + targets[row]) - normalizer)) - 1);
                Slopes<T>(target, z, (float)(scale * weight), normalizer);
                Rest<T>(target, columns);
                Stored.Store(hit, beta == 0 ? slope : slope + held);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Slopes<T>(TLogits* target, TLogits* z, float weightedScale, float normalizer)
            where T : unmanaged, ILanes<T>
        {
            T shift = T.Broadcast(normalizer), factor = T.Broadcast(weightedScale), keep = T.Broadcast(beta);
            int c = 0;
            for (; c <= columns - T.Count; c += T.Count)
            {
                T slope = factor * VectorMath.Exp(T.Load(z + c) - shift);
                T.Store(target + c, beta == 0 ? slope : T.MultiplyAdd(keep, T.Load(target + c), slope));
            }

            int rest = columns - c;
            T last = factor * VectorMath.Exp(T.LoadPartial(z + c, rest) - shift);
            last = beta == 0 ? last : T.MultiplyAdd(keep, T.LoadPartial(target + c, rest), last);
            T.StorePartial(target + c, last, rest);
        }

        // Where the formula is 0.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Rest<T>(TLogits* target, int from)
            where T : unmanaged, ILanes<T>
        {
            T keep = T.Broadcast(beta);
            for (int c = from; c < stride; c += T.Count)
            {
                int rest = Math.Min(T.Count, stride - c);
                T value = beta == 0 ? T.Zero : keep * T.LoadPartial(target + c, rest);
                T.StorePartial(target + c, value, rest);
            }
        }
    }
}
