using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>One AdamW update in one pass over memory: four arrays read, three written.</summary>
internal static unsafe class AdamWKernel
{
    // Seven streams of 32 KiB.
    private const int PartLength = 8192;

    /// <summary>Updates w, m and v in place.</summary>
    /// <param name="w">Values.</param>
    /// <param name="m">First moment.</param>
    /// <param name="v">Second moment.</param>
    /// <param name="gradient">Gradient, before clipping.</param>
    /// <param name="count">Elements of each.</param>
    /// <param name="scalars">The update's scalars.</param>
    /// <param name="gradientScale">What clipping multiplies the gradient by.</param>
    /// <param name="team">Who computes.</param>
    public static void Run(
        float* w, float* m, float* v, float* gradient, long count,
        AdamWScalars scalars, double gradientScale, ThreadTeam team)
    {
        // m / c1 / (sqrt(v / c2) + eps) = (sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)): one root, one division.
        double rootCorrection2 = Math.Sqrt(scalars.Correction2);
        LaneDispatch.For(team, Parts.Count(count, PartLength), new Kernel(
            w, m, v, gradient, count,
            (float)gradientScale,
            (float)scalars.Beta1,
            (float)(1 - scalars.Beta1),
            (float)scalars.Beta2,
            (float)(1 - scalars.Beta2),
            (float)(1 - (scalars.LearningRate * scalars.WeightDecay)),
            (float)(scalars.LearningRate * rootCorrection2 / scalars.Correction1),
            (float)(scalars.Epsilon * rootCorrection2)));
    }

    private readonly struct Kernel(
        float* w, float* m, float* v, float* gradient, long count,
        float gradientScale, float beta1, float oneMinusBeta1, float beta2, float oneMinusBeta2,
        float decay, float rate, float epsilon) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            long end = Math.Min(count, ((long)part + 1) * PartLength);
            long i = (long)part * PartLength;
            for (; i <= end - T.Count; i += T.Count)
            {
                T value = Step(T.Load(w + i), T.Load(gradient + i), T.Load(m + i), T.Load(v + i), out T mean, out T square);
                T.Store(w + i, value);
                T.Store(m + i, mean);
                T.Store(v + i, square);
            }

            int rest = (int)(end - i);
            T last = Step(
                T.LoadPartial(w + i, rest), T.LoadPartial(gradient + i, rest), T.LoadPartial(m + i, rest),
                T.LoadPartial(v + i, rest), out T lastMean, out T lastSquare);
            T.StorePartial(w + i, last, rest);
            T.StorePartial(m + i, lastMean, rest);
            T.StorePartial(v + i, lastSquare, rest);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T Step<T>(T value, T g, T mean, T square, out T newMean, out T newSquare)
            where T : unmanaged, ILanes<T>
        {
            g *= T.Broadcast(gradientScale);
            newMean = T.MultiplyAdd(T.Broadcast(beta1), mean, T.Broadcast(oneMinusBeta1) * g);
            newSquare = T.MultiplyAdd(T.Broadcast(beta2), square, T.Broadcast(oneMinusBeta2) * g * g);
            T direction = T.Broadcast(rate) * newMean / (T.Sqrt(newSquare) + T.Broadcast(epsilon));
            return T.MultiplyAdd(value, T.Broadcast(decay), T.Zero - direction);
        }
    }
}
