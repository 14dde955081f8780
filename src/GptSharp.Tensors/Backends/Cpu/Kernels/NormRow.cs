using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>One row of LayerNorm or RMSNorm, or one head of a head norm. Statistics are floats, whatever the storage.</summary>
internal static unsafe class NormRow
{
    /// <summary>y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(mean((x - mean)²) + epsilon), which is returned.</summary>
    /// <remarks>y, x: (length), y may be x; weight, bias: (length), null for ones and zeros.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Forward<T, TStorage, TCentering>(
        TStorage* y, TStorage* x, TStorage* weight, TStorage* bias, int length, float epsilon, out float mean)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
        where TCentering : struct, ICentering
    {
        mean = TCentering.SubtractsMean ? Sum<T, TStorage>(x, length) / length : 0;
        T center = T.Broadcast(mean);
        float variance = SquaredDeviations<T, TStorage, TCentering>(x, length, center) / length;
        float inverse = 1f / MathF.Sqrt(variance + epsilon);
        T scale = T.Broadcast(inverse);
        int c = 0;
        for (; c <= length - T.Count; c += T.Count)
        {
            T value = Deviation<T, TCentering>(T.Load(x + c), center) * scale;
            value = weight == null ? value : value * T.Load(weight + c);
            T.Store(y + c, bias == null ? value : value + T.Load(bias + c));
        }

        if (c < length)
        {
            int rest = length - c;
            T last = Deviation<T, TCentering>(T.LoadPartial(x + c, rest), center) * scale;
            last = weight == null ? last : last * T.LoadPartial(weight + c, rest);
            T.StorePartial(y + c, bias == null ? last : last + T.LoadPartial(bias + c, rest), rest);
        }

        return inverse;
    }

    /// <summary>
    /// With xhat = (x - mean) rstd and g = dy weight: dx = rstd (g - mean(g) - xhat mean(g xhat)) + beta dx; weightSum += dy xhat;
    /// biasSum += dy. An uncentered row has no mean(g) and no bias.
    /// </summary>
    /// <remarks>All: (length). dx may be dy, or null; a null weight means ones; the sums are both null if unwanted.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward<T, TStorage, TCentering>(
        TStorage* dx, float* weightSum, float* biasSum, TStorage* dy, TStorage* x, TStorage* weight, float mean, float rstd,
        int length, float beta)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
        where TCentering : struct, ICentering
    {
        T sumG = T.Zero, sumGNormal = T.Zero, center = T.Broadcast(mean), scale = T.Broadcast(rstd);
        int c = 0;
        for (; c <= length - T.Count; c += T.Count)
        {
            T upstream = T.Load(dy + c), normal = Deviation<T, TCentering>(T.Load(x + c), center) * scale;
            T g = weight == null ? upstream : upstream * T.Load(weight + c);
            sumG += g;
            sumGNormal = T.MultiplyAdd(g, normal, sumGNormal);
            if (weightSum != null)
            {
                T.Store(weightSum + c, T.MultiplyAdd(upstream, normal, T.Load(weightSum + c)));
                if (TCentering.SubtractsMean)
                {
                    T.Store(biasSum + c, upstream + T.Load(biasSum + c));
                }
            }
        }

        if (c < length)
        {
            // Beyond the row dy loads as 0, and with it every product.
            int rest = length - c;
            T upstream = T.LoadPartial(dy + c, rest), normal = Deviation<T, TCentering>(T.LoadPartial(x + c, rest), center) * scale;
            T g = weight == null ? upstream : upstream * T.LoadPartial(weight + c, rest);
            sumG += g;
            sumGNormal = T.MultiplyAdd(g, normal, sumGNormal);
            if (weightSum != null)
            {
                T.StorePartial(weightSum + c, T.MultiplyAdd(upstream, normal, T.LoadPartial(weightSum + c, rest)), rest);
                if (TCentering.SubtractsMean)
                {
                    T.StorePartial(biasSum + c, upstream + T.LoadPartial(biasSum + c, rest), rest);
                }
            }
        }

        if (dx != null)
        {
            T meanG = TCentering.SubtractsMean ? T.Broadcast(T.Sum(sumG) / length) : T.Zero;
            T meanGNormal = T.Broadcast(T.Sum(sumGNormal) / length);
            InputGradient<T, TStorage, TCentering>(dx, dy, x, weight, center, scale, meanG, meanGNormal, length, beta);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputGradient<T, TStorage, TCentering>(
        TStorage* dx, TStorage* dy, TStorage* x, TStorage* weight, T center, T scale, T meanG, T meanGNormal, int length, float beta)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
        where TCentering : struct, ICentering
    {
        T keep = T.Broadcast(beta);
        int c = 0;
        for (; c <= length - T.Count; c += T.Count)
        {
            T g = weight == null ? T.Load(dy + c) : T.Load(dy + c) * T.Load(weight + c);
            T normal = Deviation<T, TCentering>(T.Load(x + c), center) * scale;
            T value = T.NegateMultiplyAdd(normal, meanGNormal, Deviation<T, TCentering>(g, meanG)) * scale;
            T.Store(dx + c, beta == 0 ? value : T.MultiplyAdd(keep, T.Load(dx + c), value));
        }

        if (c < length)
        {
            int rest = length - c;
            T g = T.LoadPartial(dy + c, rest);
            g = weight == null ? g : g * T.LoadPartial(weight + c, rest);
            T normal = Deviation<T, TCentering>(T.LoadPartial(x + c, rest), center) * scale;
            T value = T.NegateMultiplyAdd(normal, meanGNormal, Deviation<T, TCentering>(g, meanG)) * scale;
            T.StorePartial(dx + c, beta == 0 ? value : T.MultiplyAdd(keep, T.LoadPartial(dx + c, rest), value), rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Deviation<T, TCentering>(T value, T center)
        where T : unmanaged, ILanes<T>
        where TCentering : struct, ICentering => TCentering.SubtractsMean ? value - center : value;

    // Four sums in flight hide the latency of the addition.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<T, TStorage>(TStorage* x, int length)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
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

        if (c < length)
        {
            s1 += T.LoadPartial(x + c, length - c);
        }

        return T.Sum((s0 + s1) + (s2 + s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SquaredDeviations<T, TStorage, TCentering>(TStorage* x, int length, T center)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
        where TCentering : struct, ICentering
    {
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
        int c = 0;
        for (; c <= length - (4 * T.Count); c += 4 * T.Count)
        {
            T d0 = Deviation<T, TCentering>(T.Load(x + c), center);
            T d1 = Deviation<T, TCentering>(T.Load(x + c + T.Count), center);
            T d2 = Deviation<T, TCentering>(T.Load(x + c + (2 * T.Count)), center);
            T d3 = Deviation<T, TCentering>(T.Load(x + c + (3 * T.Count)), center);
            s0 = T.MultiplyAdd(d0, d0, s0);
            s1 = T.MultiplyAdd(d1, d1, s1);
            s2 = T.MultiplyAdd(d2, d2, s2);
            s3 = T.MultiplyAdd(d3, d3, s3);
        }

        for (; c <= length - T.Count; c += T.Count)
        {
            T d = Deviation<T, TCentering>(T.Load(x + c), center);
            s0 = T.MultiplyAdd(d, d, s0);
        }

        if (c < length)
        {
            int rest = length - c;
            T last = Deviation<T, TCentering>(T.LoadPartial(x + c, rest), center);
            last = T.SelectLess(T.Indices, T.Broadcast(rest), last, T.Zero);
            s1 = T.MultiplyAdd(last, last, s1);
        }

        return T.Sum((s0 + s1) + (s2 + s3));
    }
}
