using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>One AdamW update in one pass over memory.</summary>
internal static unsafe class AdamWKernel
{
    // Seven streams of 32 KiB.
    private const int PartLength = 8192;

    // Random words are made for this many elements at a time.
    private const int WordCount = 256;

    /// <summary>Updates elements first ... first + count - 1 of values, m and v in place.</summary>
    /// <param name="values">Values, and how they are stored.</param>
    /// <param name="m">First moment.</param>
    /// <param name="v">Second moment.</param>
    /// <param name="gradient">Gradient, before clipping.</param>
    /// <param name="first">First element.</param>
    /// <param name="count">How many.</param>
    /// <param name="scalars">The update's scalars.</param>
    /// <param name="gradientScale">What clipping multiplies the gradient by.</param>
    /// <param name="key">What the rounding of element i draws from, together with i, where it is random.</param>
    /// <param name="team">Who computes.</param>
    public static void Run<TValues, TGradient>(
        TValues values, float* m, float* v, TGradient* gradient, long first, long count,
        AdamWScalars scalars, double gradientScale, RandomKey key, ThreadTeam team)
        where TValues : struct, IAdamWValues
        where TGradient : unmanaged
    {
        if (TValues.AreRandom)
        {
            Philox.RequireElementRange((ulong)first, count);
        }

        // m / c1 / (sqrt(v / c2) + eps) = (sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)): one root, one division.
        double rootCorrection2 = Math.Sqrt(scalars.Correction2);
        LaneDispatch.For(team, Parts.Count(count, PartLength), new Kernel<TValues, TGradient>(
            values, m, v, gradient, first, count, key,
            (float)gradientScale,
            (float)scalars.Beta1,
            (float)(1 - scalars.Beta1),
            (float)scalars.Beta2,
            (float)(1 - scalars.Beta2),
            (float)(1 - (scalars.LearningRate * scalars.WeightDecay)),
            (float)(scalars.LearningRate * rootCorrection2 / scalars.Correction1),
            (float)(scalars.Epsilon * rootCorrection2)));
    }

    private readonly struct Kernel<TValues, TGradient>(
        TValues values, float* m, float* v, TGradient* gradient, long first, long count, RandomKey key,
        float gradientScale, float beta1, float oneMinusBeta1, float beta2, float oneMinusBeta2,
        float decay, float rate, float epsilon) : ILaneKernel
        where TValues : struct, IAdamWValues
        where TGradient : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            uint* words = stackalloc uint[TValues.AreRandom ? WordCount : 1];
            int runLength = TValues.AreRandom ? WordCount : PartLength;
            long start = first + ((long)part * PartLength), end = Math.Min(first + count, start + PartLength);
            for (long run = start; run < end; run += runLength)
            {
                int length = (int)Math.Min(runLength, end - run), i = 0;
                if (TValues.AreRandom)
                {
                    new PhiloxFill(words, length, key, (ulong)run).Run<T>();
                }

                for (; i <= length - T.Count; i += T.Count)
                {
                    Move<T>(run + i, words + i, T.Count);
                }

                if (i < length)
                {
                    Move<T>(run + i, words + i, length - i);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Move<T>(long index, uint* words, int lanes)
            where T : unmanaged, ILanes<T>
        {
            T value = values.Load<T>(index, lanes), g = Stored.LoadLanes<T, TGradient>(gradient + index, lanes);
            T mean = Stored.LoadLanes<T, float>(m + index, lanes), square = Stored.LoadLanes<T, float>(v + index, lanes);
            g *= T.Broadcast(gradientScale);
            mean = T.MultiplyAdd(T.Broadcast(beta1), mean, T.Broadcast(oneMinusBeta1) * g);
            square = T.MultiplyAdd(T.Broadcast(beta2), square, T.Broadcast(oneMinusBeta2) * g * g);
            T direction = T.Broadcast(rate) * mean / (T.Sqrt(square) + T.Broadcast(epsilon));
            value = T.MultiplyAdd(value, T.Broadcast(decay), T.Zero - direction);
            values.Store(index, value, TValues.AreRandom ? T.Load((float*)words) : T.Zero, lanes);
            Stored.StoreLanes(m + index, mean, lanes);
            Stored.StoreLanes(v + index, square, lanes);
        }
    }
}
