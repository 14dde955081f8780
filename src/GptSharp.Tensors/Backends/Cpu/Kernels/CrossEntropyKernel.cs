using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Softmax cross-entropy over rows of logits whose columns from <c>columns</c> to <c>stride</c> are padding, never read. Exponentials are
/// powers of two: e^(z - L) = 2^(z log2 e - L log2 e) takes one multiply-add before the power, see <see cref="Powers{T}"/>.
/// </summary>
internal static unsafe class CrossEntropyKernel
{
    private const int PartElements = 16384;

    // Exponentials are added in floats over this many columns, then in double: a sum over 50,000 keeps seven digits.
    private const int SumLength = 512;

    private const float Log2E = 1.44269504f;

    // The hardware fetches ahead, too, but less far than the powers take time.
    private const int BytesAhead = 8192;

    // A power of two beyond this one asks for another shift: the larger an exponent, the fewer of its digits are after the point, and what
    // they lose is an error of the logarithm, 2e-7 here.
    private const float LargestPower = 8;

    // The least shift: below it lie logits of minus infinity only.
    private const float LeastShift = -1e38f;

    /// <summary>
    /// Per row: logSumExp = ln sum_v exp z_v and loss = logSumExp - z_target, 0 where the target is
    /// <paramref name="ignoredTarget"/>.
    /// </summary>
    /// <remarks>loss, logSumExp, targets: (rows); logits: (rows, stride). Other targets must lie in 0 ... columns - 1.</remarks>
    public static void Forward<TLogits>(
        float* loss, float* logSumExp, TLogits* logits, int* targets,
        int rows, int columns, int stride, int ignoredTarget, ThreadTeam team)
        where TLogits : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(columns, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart<TLogits>(loss, logSumExp, logits, targets, rows, columns, stride, ignoredTarget, rowsPerPart));
    }

    /// <summary>The sum of loss + zLoss logSumExp² over the rows whose target is not <paramref name="ignoredTarget"/>, in row order.</summary>
    public static double Sum(float* loss, float* logSumExp, int* targets, int rows, int ignoredTarget, double zLoss)
    {
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

    // Beyond the last row it asks for nothing that is there, which does no harm.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchAhead<TLogits>(TLogits* z)
        where TLogits : unmanaged
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((byte*)z + BytesAhead);
        }
    }

    // Exponents z log2 e - shift. The two terms are large where the logits are and all but cancel, so that the product must not be rounded:
    // it is not within a fused multiply-add; elsewhere the logits are subtracted first.
    private readonly struct Powers<T>(float largest)
        where T : unmanaged, ILanes<T>
    {
        private readonly T _offset = T.Broadcast(T.IsFused ? -(Log2E * largest) : -largest);

        /// <summary>What is taken off, to the bit.</summary>
        public double Shift => T.IsFused ? Log2E * largest : (double)largest * Log2E;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Exponents(T z) => T.IsFused ? T.MultiplyAdd(z, T.Broadcast(Log2E), _offset) : (z + _offset) * T.Broadcast(Log2E);
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
                double normalizer = LogSumOfExponentials<T>(z);
                int target = targets[row];
                logSumExp[row] = (float)normalizer;
                loss[row] = target == ignoredTarget ? 0 : (float)(normalizer - Stored.Load(z + target));
            }
        }

        // One pass over memory: powers are taken of what lies above a shift, the largest of the first columns; in the rare row that has
        // a logit far above it, the shift is moved there (Milakov and Gimelshein 2018, arXiv:1805.02867, moves it with every new largest).
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private double LogSumOfExponentials<T>(TLogits* z)
            where T : unmanaged, ILanes<T>
        {
            var powers = new Powers<T>(Largest<T>(z, Math.Min(columns, SumLength)));
            double total = 0;
            for (int start = 0; start < columns; start += SumLength)
            {
                int count = Math.Min(columns - start, SumLength);
                float sum = SumOfPowers(z + start, count, powers, out float largest);
                if (largest > LargestPower)
                {
                    var moved = new Powers<T>(Largest<T>(z + start, count));
                    total *= double.Exp2(powers.Shift - moved.Shift);
                    powers = moved;
                    sum = SumOfPowers(z + start, count, powers, out _);
                }

                total += sum;
            }

            return (powers.Shift + Math.Log2(total)) / Log2E;
        }

        // The sum of the powers, and the largest exponent.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float SumOfPowers<T>(TLogits* z, int count, in Powers<T> powers, out float largest)
            where T : unmanaged, ILanes<T>
        {
            T lowest = T.Broadcast(float.NegativeInfinity);
            T s0 = T.Zero, s1 = T.Zero, m0 = lowest, m1 = lowest;
            int c = 0;
            for (; c <= count - (2 * T.Count); c += 2 * T.Count)
            {
                T x0 = powers.Exponents(T.Load(z + c)), x1 = powers.Exponents(T.Load(z + c + T.Count));
                FetchAhead(z + c);
                FetchAhead(z + c + T.Count);
                m0 = T.Max(m0, x0);
                m1 = T.Max(m1, x1);
                s0 += VectorMath.Exp2OrLeast(x0);
                s1 += VectorMath.Exp2OrLeast(x1);
            }

            for (; c < count; c += T.Count)
            {
                T rest = T.Broadcast(count - c);
                T x = powers.Exponents(T.LoadPartial(z + c, Math.Min(T.Count, count - c)));
                m0 = T.Max(m0, T.SelectLess(T.Indices, rest, x, lowest));
                s0 += T.SelectLess(T.Indices, rest, VectorMath.Exp2OrLeast(x), T.Zero);
            }

            largest = T.MaxAcross(T.Max(m0, m1));
            return T.Sum(s0 + s1);
        }

        // The largest logit, at least the least shift.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Largest<T>(TLogits* z, int count)
            where T : unmanaged, ILanes<T>
        {
            T least = T.Broadcast(LeastShift), largest = least;
            for (int c = 0; c < count; c += T.Count)
            {
                int rest = Math.Min(T.Count, count - c);
                largest = T.Max(largest, T.SelectLess(T.Indices, T.Broadcast(rest), T.LoadPartial(z + c, rest), least));
            }

            return T.MaxAcross(largest);
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
                Slopes<T>(target, z, scale * weight, normalizer);
                Rest<T>(target, columns);
                Stored.Store(hit, beta == 0 ? slope : slope + held);
            }
        }

        // What rounding takes from the shift, the factor gives back.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Slopes<T>(TLogits* target, TLogits* z, double weightedScale, float normalizer)
            where T : unmanaged, ILanes<T>
        {
            var powers = new Powers<T>(normalizer);
            T factor = T.Broadcast((float)(weightedScale * double.Exp2(powers.Shift - ((double)normalizer * Log2E))));
            T keep = T.Broadcast(beta);
            int c = 0;
            for (; c <= columns - T.Count; c += T.Count)
            {
                FetchAhead(z + c);
                T slope = factor * VectorMath.Exp2(powers.Exponents(T.Load(z + c)));
                T.Store(target + c, beta == 0 ? slope : T.MultiplyAdd(keep, T.Load(target + c), slope));
            }

            int rest = columns - c;
            T last = factor * VectorMath.Exp2(powers.Exponents(T.LoadPartial(z + c, rest)));
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
