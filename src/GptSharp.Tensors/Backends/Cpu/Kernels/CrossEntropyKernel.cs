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
    /// <paramref name="ignoredTarget"/>. Returns the sum of the losses, in row order.
    /// </summary>
    /// <remarks>loss, logSumExp, targets: (rows); logits: (rows, stride). Other targets must lie in 0 ... columns - 1.</remarks>
    public static double Forward(
        float* loss, float* logSumExp, float* logits, int* targets,
        int rows, int columns, int stride, int ignoredTarget, ThreadTeam team)
    {
        int rowsPerPart = Parts.RowsOf(columns, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart(loss, logSumExp, logits, targets, rows, columns, stride, ignoredTarget, rowsPerPart));
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            sum += loss[row];
        }

        return sum;
    }

    /// <summary>
    /// dLogits = scale (exp(z - logSumExp) - onehot(target)) + beta dLogits; the formula is 0 in padding columns and in rows whose
    /// target is <paramref name="ignoredTarget"/>. With beta 0, dLogits may be logits.
    /// </summary>
    /// <remarks>dLogits, logits: (rows, stride); targets, logSumExp: (rows). The scale holds the upstream gradient as well.</remarks>
    public static void Backward(
        float* dLogits, float* logits, int* targets, float* logSumExp,
        int rows, int columns, int stride, int ignoredTarget, float scale, float beta, ThreadTeam team)
    {
        int rowsPerPart = Parts.RowsOf(stride, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new BackwardPart(
                dLogits, logits, targets, logSumExp, rows, columns, stride, ignoredTarget, scale, beta, rowsPerPart));
    }

    private readonly struct ForwardPart(
        float* loss, float* logSumExp, float* logits, int* targets,
        int rows, int columns, int stride, int ignoredTarget, int rowsPerPart) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                float* z = logits + ((long)row * stride);
                float largest = Largest<T>(z);
                double normalizer = largest + Math.Log(SumOfExponentials<T>(z, largest));
                int target = targets[row];
                logSumExp[row] = (float)normalizer;
                loss[row] = target == ignoredTarget ? 0 : (float)(normalizer - z[target]);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private float Largest<T>(float* z)
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
        private double SumOfExponentials<T>(float* z, float largest)
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

    private readonly struct BackwardPart(
        float* dLogits, float* logits, int* targets, float* logSumExp,
        int rows, int columns, int stride, int ignoredTarget, float scale, float beta, int rowsPerPart) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                float* z = logits + ((long)row * stride), target = dLogits + ((long)row * stride);
                bool ignored = targets[row] == ignoredTarget;
                int scored = ignored ? 0 : columns;

                // The target's own logit may be overwritten before it is needed.
                float held = ignored || beta == 0 ? 0 : target[targets[row]];
                float hitProbability = ignored ? 0 : Probability(z[targets[row]], logSumExp[row]);
                Slopes<T>(target, z, scored, logSumExp[row]);
                Rest<T>(target, scored);
                if (!ignored)
                {
                    float slope = scale * (hitProbability - 1);
                    target[targets[row]] = beta == 0 ? slope : slope + (beta * held);
                }
            }
        }

        private static float Probability(float z, float normalizer) => (float)Math.Exp((double)z - normalizer);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Slopes<T>(float* target, float* z, int count, float normalizer)
            where T : unmanaged, ILanes<T>
        {
            T shift = T.Broadcast(normalizer), factor = T.Broadcast(scale), keep = T.Broadcast(beta);
            int c = 0;
            for (; c <= count - T.Count; c += T.Count)
            {
                T slope = factor * VectorMath.Exp(T.Load(z + c) - shift);
                T.Store(target + c, beta == 0 ? slope : T.MultiplyAdd(keep, T.Load(target + c), slope));
            }

            int rest = count - c;
            T last = factor * VectorMath.Exp(T.LoadPartial(z + c, rest) - shift);
            last = beta == 0 ? last : T.MultiplyAdd(keep, T.LoadPartial(target + c, rest), last);
            T.StorePartial(target + c, last, rest);
        }

        // Where the formula is 0.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Rest<T>(float* target, int from)
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
