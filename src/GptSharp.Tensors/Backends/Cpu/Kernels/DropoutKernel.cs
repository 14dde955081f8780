using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Dropout whose mask is a function of its key, made anew in backward and never stored.</summary>
internal static unsafe class DropoutKernel
{
    // A multiple of every register's words; parts never straddle samples, because each sample counts its elements from 0.
    private const int PartLength = 8192;

    /// <summary>
    /// y = mask x / (1 - rate) + beta y, the mask 1 where <see cref="Philox.Uniform"/> of the element is at least the rate; y may be x.
    /// The backward pass is the same call on the gradients.
    /// </summary>
    /// <remarks>y, x: (samples, elements); sample b draws as number FirstSample + b. Rate in [0, 1).</remarks>
    public static void Run<TStorage>(
        TStorage* y, TStorage* x, int samples, long elements, float rate, RandomKey key, float beta, ThreadTeam team)
        where TStorage : unmanaged
    {
        Philox.RequireElementRange(0, elements);
        uint threshold = Philox.KeepThreshold(rate);
        int partsPerSample = Parts.Count(elements, PartLength);
        LaneDispatch.For(
            team, checked(samples * partsPerSample),
            new Part<TStorage>(y, x, elements, 1f / (1f - rate), threshold, key, beta, partsPerSample));
    }

    private readonly struct Part<TStorage>(
        TStorage* y, TStorage* x, long elements, float scale, uint threshold, RandomKey key, float beta, int partsPerSample)
        : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            (int sample, int partOfSample) = Math.DivRem(part, partsPerSample);
            PhiloxLanes<T> philox = new(key, (uint)sample);
            T least = T.BroadcastWords(threshold, threshold, threshold, threshold);
            T factor = T.Broadcast(scale), keep = T.Broadcast(beta);
            long start = (long)partOfSample * PartLength;
            int length = (int)Math.Min(PartLength, elements - start), i = 0;
            TStorage* target = y + (sample * elements) + start, source = x + (sample * elements) + start;
            uint block = (uint)(start / 4);
            for (; i <= length - (4 * T.Count); i += 4 * T.Count, block += (uint)T.Count)
            {
                philox.Words(out T w0, out T w1, out T w2, out T w3, block);
                TStorage* to = target + i, from = source + i;
                T v0 = T.KeepWhereWordAtLeast(w0, least, T.Load(from) * factor);
                T v1 = T.KeepWhereWordAtLeast(w1, least, T.Load(from + T.Count) * factor);
                T v2 = T.KeepWhereWordAtLeast(w2, least, T.Load(from + (2 * T.Count)) * factor);
                T v3 = T.KeepWhereWordAtLeast(w3, least, T.Load(from + (3 * T.Count)) * factor);
                if (beta != 0)
                {
                    v0 = T.MultiplyAdd(keep, T.Load(to), v0);
                    v1 = T.MultiplyAdd(keep, T.Load(to + T.Count), v1);
                    v2 = T.MultiplyAdd(keep, T.Load(to + (2 * T.Count)), v2);
                    v3 = T.MultiplyAdd(keep, T.Load(to + (3 * T.Count)), v3);
                }

                T.Store(to, v0);
                T.Store(to + T.Count, v1);
                T.Store(to + (2 * T.Count), v2);
                T.Store(to + (3 * T.Count), v3);
            }

            for (; i < length; i += T.Count, block += (uint)T.Count / 4)
            {
                int rest = Math.Min(T.Count, length - i);
                T value = T.KeepWhereWordAtLeast(philox.Words(block), least, T.LoadPartial(source + i, rest) * factor);
                value = beta == 0 ? value : T.MultiplyAdd(keep, T.LoadPartial(target + i, rest), value);
                T.StorePartial(target + i, value, rest);
            }
        }
    }
}
