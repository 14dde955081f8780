using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// <see cref="AttentionKernel"/> for a handful of queries per key head, as in generation, where lanes full of queries would stand
/// empty: here the lanes hold keys for the scores and channels for the outputs.
/// </summary>
/// <remarks>
/// It computes every element by the same operations in the same order as <see cref="AttentionKernel"/>, so the bits are the same
/// whichever of the two ran. Keys are turned over tile by tile; values are read where they lie.
/// </remarks>
internal static unsafe class AttentionRowsKernel
{
    /// <summary>Queries per key head up to which this is the faster way.</summary>
    public const int MaximumRows = 8;

    // Of the head that the thread comes to next: keys and values that fill a part of a second-level cache.
    private const int KeysAhead = 256;

    /// <summary>Floats of workspace per thread.</summary>
    public static long WorkspaceCount(in AttentionShape shape) =>
        ((AttentionTiles.Keys + (2L * MaximumRows)) * shape.PaddedHeadSize) + AttentionTiles.Keys + (4 * MaximumRows);

    /// <summary>As <see cref="AttentionKernel.Forward"/>, without dropout.</summary>
    public static void Forward<TStorage>(
        TStorage* o, float* logSumExp, TStorage* q, TStorage* k, TStorage* v, int* starts,
        in AttentionShape shape, in AttentionRules rules, float* workspace, ThreadTeam team)
        where TStorage : unmanaged =>
        LaneDispatch.For(
            team, checked(shape.Batch * shape.KeyHeadCount),
            new Part<TStorage>(o, logSumExp, q, k, v, starts, shape, rules, workspace, team));

    private readonly ref struct Scratch
    {
        public Scratch(float* memory, in AttentionShape shape)
        {
            int d = shape.PaddedHeadSize;
            TurnedKeys = memory;
            Queries = TurnedKeys + (AttentionTiles.Keys * d);
            Outputs = Queries + (MaximumRows * d);
            Weights = Outputs + (MaximumRows * d);
            Maxima = Weights + AttentionTiles.Keys;
            Sums = Maxima + MaximumRows;
            FirstKeys = Sums + MaximumRows;
            Slopes = FirstKeys + MaximumRows;
        }

        public readonly float* TurnedKeys;  // (D, 64)
        public readonly float* Queries;     // (rows, D), times scale log2 e
        public readonly float* Outputs;     // (rows, D)
        public readonly float* Weights;     // (64)
        public readonly float* Maxima;      // (rows), in powers of two
        public readonly float* Sums;        // (rows)
        public readonly float* FirstKeys;   // (rows), the first key that each may see
        public readonly float* Slopes;      // (rows), of ALiBi
    }

    // Rows are numbered head by head, as in AttentionKernel.
    private readonly struct Part<TStorage>(
        TStorage* o, float* logSumExp, TStorage* q, TStorage* k, TStorage* v, int* starts,
        AttentionShape shape, AttentionRules rules, float* workspace, ThreadTeam team) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            (int b, int g) = Math.DivRem(part, shape.KeyHeadCount);
            Scratch scratch = new(workspace + (team.CurrentWorker * WorkspaceCount(shape)), shape);
            int rows = shape.GroupSize * shape.QueryCount, start = starts == null ? 0 : starts[b], d = shape.PaddedHeadSize;
            int keyCount = start + shape.QueryCount, earliestKey = keyCount;
            PrefetchAfter(b, g, Math.Min(keyCount, KeysAhead));
            for (int row = 0; row < rows; row++)
            {
                AttentionTiles.Pack<T, TStorage>(
                    scratch.Queries + (row * d), d, q + Offset(b, g, row, shape.QueryStride), 0, shape.HeadSize, 1, 1,
                    shape.Scale * AttentionTiles.Log2E);
                scratch.Maxima[row] = AttentionTiles.NoScore;
                scratch.Sums[row] = 0;
                (int head, int query) = Math.DivRem(row, shape.QueryCount);
                int first = rules.FirstKey(((long)b * shape.QueryCount) + query, start + query);
                scratch.FirstKeys[row] = first;
                scratch.Slopes[row] = rules.Slope((g * shape.GroupSize) + head);
                earliestKey = Math.Min(earliestKey, first);
            }

            long keyOffset = KeyOffset(b, g);
            for (int firstKey = AttentionTiles.TileOf(earliestKey); firstKey < keyCount; firstKey += AttentionTiles.Keys)
            {
                int keys = Math.Min(AttentionTiles.Keys, keyCount - firstKey);
                long offset = keyOffset + (firstKey * shape.KeyStride);
                if (keys < AttentionTiles.Keys)
                {
                    new Span<float>(scratch.TurnedKeys, AttentionTiles.Keys * shape.HeadSize).Clear();
                }

                int next = Math.Min(AttentionTiles.Keys, keyCount - firstKey - keys);
                long nextOffset = offset + (keys * shape.KeyStride);
                AttentionTiles.Prefetch(k + nextOffset, shape.KeyStride, shape.HeadSize, next);
                AttentionTiles.Prefetch(v + nextOffset, shape.KeyStride, shape.HeadSize, next);
                LaneTranspose.Run<T, TStorage>(
                    scratch.TurnedKeys, AttentionTiles.Keys, k + offset, (nint)shape.KeyStride, keys, shape.HeadSize);
                for (int row = 0; row < rows; row++)
                {
                    int position = start + (row % shape.QueryCount), visible = Math.Min(keys, position + 1 - firstKey);
                    int early = Math.Max(0, (int)scratch.FirstKeys[row] - firstKey);
                    if (early < visible)
                    {
                        float factor = Softmax<T>(scratch, row, visible, early, firstKey, position);
                        bool isFirst = firstKey <= scratch.FirstKeys[row];
                        Mix<T>(scratch, row, v + offset + (early * shape.KeyStride), early, visible, isFirst, factor);
                    }
                }
            }

            for (int row = 0; row < rows; row++)
            {
                Finish<T>(scratch, b, g, row);
            }
        }

        private long Offset(int b, int g, int row, long stride)
        {
            (int head, int query) = Math.DivRem(row, shape.QueryCount);
            return ((((long)b * shape.QueryCount) + query) * stride) + ((((long)g * shape.GroupSize) + head) * shape.HeadSize);
        }

        // Fills Weights and returns what the earlier sums and outputs must be multiplied by.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private float Softmax<T>(in Scratch scratch, int row, int keys, int early, int firstKey, int position)
            where T : unmanaged, ILanes<T>
        {
            float* query = scratch.Queries + (row * shape.PaddedHeadSize), weights = scratch.Weights;
            T hidden = T.Broadcast(float.NegativeInfinity), tileMaximum = hidden;
            for (int j = 0; j < keys; j += 4 * T.Count)
            {
                float* turned = scratch.TurnedKeys + j;
                T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
                for (int c = 0; c < shape.HeadSize; c++, turned += AttentionTiles.Keys)
                {
                    T x = T.Broadcast(query[c]);
                    s0 = T.MultiplyAdd(T.Load(turned), x, s0);
                    s1 = T.MultiplyAdd(T.Load(turned + T.Count), x, s1);
                    s2 = T.MultiplyAdd(T.Load(turned + (2 * T.Count)), x, s2);
                    s3 = T.MultiplyAdd(T.Load(turned + (3 * T.Count)), x, s3);
                }

                T last = T.Broadcast(keys - 1 - j);
                s0 = T.SelectLess(last, T.Indices, hidden, s0);
                s1 = T.SelectLess(last, T.Indices + T.Broadcast(T.Count), hidden, s1);
                s2 = T.SelectLess(last, T.Indices + T.Broadcast(2 * T.Count), hidden, s2);
                s3 = T.SelectLess(last, T.Indices + T.Broadcast(3 * T.Count), hidden, s3);
                T.Store(weights + j, s0);
                T.Store(weights + j + T.Count, s1);
                T.Store(weights + j + (2 * T.Count), s2);
                T.Store(weights + j + (3 * T.Count), s3);
                tileMaximum = T.Max(tileMaximum, T.Max(T.Max(s0, s1), T.Max(s2, s3)));
            }

            if (rules.ChangesScores || early > 0)
            {
                tileMaximum = Change<T>(scratch, row, keys, firstKey, position);
            }

            float before = scratch.Maxima[row], largest = MathF.Max(before, T.MaxAcross(tileMaximum));
            T shift = T.Broadcast(largest);
            float factor = T.First(VectorMath.Exp2(T.Broadcast(before) - shift));
            for (int j = 0; j < keys; j += T.Count)
            {
                T.Store(weights + j, VectorMath.Exp2(T.Load(weights + j) - shift));
            }

            // One by one: a lane of the tiled kernel adds its keys in this order too.
            float sum = scratch.Sums[row] * factor;
            for (int j = 0; j < keys; j++)
            {
                sum += weights[j];
            }

            scratch.Maxima[row] = largest;
            scratch.Sums[row] = sum;
            return factor;
        }

        // Products become scores, as AttentionScores has it, and those of keys that the query does not see minus infinity. Returns the largest.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private T Change<T>(in Scratch scratch, int row, int keys, int firstKey, int position)
            where T : unmanaged, ILanes<T>
        {
            T cap = T.Broadcast(rules.Cap), inverseCap = T.Broadcast(rules.InverseCap), slope = T.Broadcast(scratch.Slopes[row]);
            T first = T.Broadcast(scratch.FirstKeys[row]), last = T.Broadcast(position);
            T hidden = T.Broadcast(float.NegativeInfinity), largest = hidden;
            for (int j = 0; j < keys; j += T.Count)
            {
                T score = T.Load(scratch.Weights + j), index = T.Indices + T.Broadcast(firstKey + j);
                score = rules.Caps ? AttentionScores.Capped(score, cap, inverseCap) : score;
                score = rules.Leans ? AttentionScores.Leaning(score, slope, last, index) : score;
                score = T.SelectLess(index, first, hidden, T.SelectLess(last, index, hidden, score));
                T.Store(scratch.Weights + j, score);
                largest = T.Max(largest, score);
            }

            return largest;
        }

        private long KeyOffset(int b, int g) => ((long)b * shape.KeyCapacity * shape.KeyStride) + ((long)g * shape.HeadSize);

        // A head's rows are short and far apart in a cache of all heads, which the processor does not foresee.
        private void PrefetchAfter(int b, int g, int keys)
        {
            int next = g + team.ThreadCount;
            if (next < shape.KeyHeadCount)
            {
                AttentionTiles.Prefetch(k + KeyOffset(b, next), shape.KeyStride, shape.HeadSize, keys);
                AttentionTiles.Prefetch(v + KeyOffset(b, next), shape.KeyStride, shape.HeadSize, keys);
            }
        }

        // values begins at the first key seen.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Mix<T>(in Scratch scratch, int row, TStorage* values, int early, int keys, bool isFirst, float factor)
            where T : unmanaged, ILanes<T>
        {
            float* outputs = scratch.Outputs + (row * shape.PaddedHeadSize), weights = scratch.Weights;
            T scale = T.Broadcast(factor);
            int c = 0;
            for (; c <= shape.HeadSize - (4 * T.Count); c += 4 * T.Count)
            {
                float* at = outputs + c;
                TStorage* value = values + c;
                T o0 = isFirst ? T.Zero : T.Load(at) * scale, o1 = isFirst ? T.Zero : T.Load(at + T.Count) * scale;
                T o2 = isFirst ? T.Zero : T.Load(at + (2 * T.Count)) * scale;
                T o3 = isFirst ? T.Zero : T.Load(at + (3 * T.Count)) * scale;
                for (int j = early; j < keys; j++, value += shape.KeyStride)
                {
                    T weight = T.Broadcast(weights[j]);
                    o0 = T.MultiplyAdd(T.Load(value), weight, o0);
                    o1 = T.MultiplyAdd(T.Load(value + T.Count), weight, o1);
                    o2 = T.MultiplyAdd(T.Load(value + (2 * T.Count)), weight, o2);
                    o3 = T.MultiplyAdd(T.Load(value + (3 * T.Count)), weight, o3);
                }

                T.Store(at, o0);
                T.Store(at + T.Count, o1);
                T.Store(at + (2 * T.Count), o2);
                T.Store(at + (3 * T.Count), o3);
            }

            for (; c < shape.HeadSize; c += T.Count)
            {
                int count = Math.Min(T.Count, shape.HeadSize - c);
                TStorage* value = values + c;
                T output = isFirst ? T.Zero : T.Load(outputs + c) * scale;
                for (int j = early; j < keys; j++, value += shape.KeyStride)
                {
                    T part = count == T.Count ? T.Load(value) : T.LoadPartial(value, count);
                    output = T.MultiplyAdd(part, T.Broadcast(weights[j]), output);
                }

                T.Store(outputs + c, output);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Finish<T>(in Scratch scratch, int b, int g, int row)
            where T : unmanaged, ILanes<T>
        {
            TStorage* target = o + Offset(b, g, row, shape.OutputStride);
            float* outputs = scratch.Outputs + (row * shape.PaddedHeadSize);
            T sum = T.Broadcast(scratch.Sums[row]), inverse = T.Broadcast(1f) / sum;
            for (int c = 0; c < shape.HeadSize; c += T.Count)
            {
                T.StorePartial(target + c, T.Load(outputs + c) * inverse, Math.Min(T.Count, shape.HeadSize - c));
            }

            if (logSumExp != null)
            {
                (int head, int query) = Math.DivRem(row, shape.QueryCount);
                long h = ((long)b * shape.HeadCount) + ((long)g * shape.GroupSize) + head;
                T logSum = T.MultiplyAdd(
                    T.Broadcast(scratch.Maxima[row]), T.Broadcast(AttentionTiles.Ln2), VectorMath.Log(sum));
                logSumExp[(h * shape.QueryCount) + query] = T.First(logSum);
            }
        }
    }
}
