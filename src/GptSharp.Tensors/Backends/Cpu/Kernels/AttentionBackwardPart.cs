using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Some of the query heads that share a key head of a sample: what a thread of <see cref="AttentionBackwardKernel"/> does at a time.</summary>
internal readonly unsafe struct AttentionBackwardPart<TStorage>(
    TStorage* dq, TStorage* dk, TStorage* dv, TStorage* dOutput, TStorage* q, TStorage* k, TStorage* v, TStorage* o,
    float* logSumExp, AttentionShape shape, AttentionRules rules, int splits, float dropoutRate, uint keepThreshold,
    RandomKey key, float beta, float* workspace, float* gradients, ThreadTeam team) : ILaneKernel
    where TStorage : unmanaged
{
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int part)
        where T : unmanaged, ILanes<T>
    {
        (int keyHead, int split) = Math.DivRem(part, splits);
        (int b, int g) = Math.DivRem(keyHead, shape.KeyHeadCount);
        long area = splits == 1 ? team.CurrentWorker : part;
        AttentionBackwardScratch scratch = new(
            workspace + (team.CurrentWorker * AttentionBackwardScratch.Count(shape)),
            gradients + (area * AttentionBackwardScratch.GradientCount(shape)), shape);
        int time = shape.QueryCount, d = shape.PaddedHeadSize, queries = AttentionTiles.Queries<T>();
        int paddedTime = AttentionBackwardScratch.PaddedTime(shape);
        long keyOffset = ((long)b * time * shape.KeyStride) + ((long)g * shape.HeadSize);
        AttentionTiles.Pack<T, TStorage>(scratch.Keys, d, k + keyOffset, shape.KeyStride, shape.HeadSize, time, paddedTime, 1);
        AttentionTiles.Pack<T, TStorage>(scratch.Values, d, v + keyOffset, shape.KeyStride, shape.HeadSize, time, paddedTime, 1);
        new Span<float>(scratch.KeyGradients, paddedTime * d).Clear();
        new Span<float>(scratch.ValueGradients, paddedTime * d).Clear();
        int firstHead = split * shape.GroupSize / splits, endHead = (split + 1) * shape.GroupSize / splits;
        for (int h = (g * shape.GroupSize) + firstHead; h < (g * shape.GroupSize) + endHead; h++)
        {
            for (int first = 0; first < time; first += queries)
            {
                int count = Math.Min(queries, time - first);
                (int firstSeen, int firstSeenByAll) = Prepare<T>(scratch, b, h, first, count);
                TileStart start = TileStart.Zero;
                for (int firstKey = AttentionTiles.TileOf(firstSeen); firstKey < first + count; firstKey += AttentionTiles.Keys)
                {
                    Tile<T>(scratch, b, h, first, count, firstKey, firstSeenByAll, start);
                    start = TileStart.Keep;
                }

                long offset = ((((long)b * time) + first) * shape.QueryStride) + ((long)h * shape.HeadSize);
                WriteQueries<T>(scratch, dq + offset, count);
            }
        }

        if (splits == 1)
        {
            AttentionBackwardScratch.WriteKeyHead<T, TStorage>(dk, dv, scratch.KeyGradients, shape, b, g, beta);
        }
    }

    // Brings the queries of a tile into place. Returns the first key that any of them sees, and the first that all have in reach.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (int FirstSeen, int FirstSeenByAll) Prepare<T>(in AttentionBackwardScratch scratch, int b, int h, int first, int count)
        where T : unmanaged, ILanes<T>
    {
        int time = shape.QueryCount, d = shape.PaddedHeadSize, size = shape.HeadSize, queries = AttentionTiles.Queries<T>();
        long row = ((long)b * time) + first;
        TStorage* queryRows = q + (row * shape.QueryStride) + ((long)h * size);
        TStorage* gradientRows = dOutput + (row * shape.OutputStride) + ((long)h * size);
        TStorage* outputRows = o + (row * shape.OutputStride) + ((long)h * size);
        AttentionTiles.Pack<T, TStorage>(scratch.Queries, d, queryRows, shape.QueryStride, size, count, queries, shape.Scale);
        AttentionTiles.Pack<T, TStorage>(scratch.OutputGradients, d, gradientRows, shape.OutputStride, size, count, queries, 1);

        // The padding rows are zeros, so idle lanes get zeros as well.
        Transpose.Run(scratch.TurnedQueries, queries, scratch.Queries, d, queries, size, AttentionTiles.Log2E);
        Transpose.Run(scratch.TurnedOutputGradients, queries, scratch.OutputGradients, d, queries, size, 1);
        float* logSums = logSumExp + ((((long)b * shape.HeadCount) + h) * time) + first;
        int firstSeen = int.MaxValue, firstSeenByAll = 0;
        for (int lane = 0; lane < count; lane++)
        {
            int seen = rules.FirstKey(row + lane, first + lane);
            scratch.FirstKeys[lane] = seen;
            (firstSeen, firstSeenByAll) = (Math.Min(firstSeen, seen), Math.Max(firstSeenByAll, seen));
            scratch.LogSums[lane] = logSums[lane] * AttentionTiles.Log2E;
            scratch.Deltas[lane] = Dot<T>(
                scratch.OutputGradients + (lane * d), outputRows + (lane * shape.OutputStride), size);
        }

        // An idle lane's weights vanish.
        new Span<float>(scratch.LogSums + count, queries - count).Fill(float.MaxValue);
        new Span<float>(scratch.Deltas + count, queries - count).Clear();
        new Span<float>(scratch.FirstKeys + count, queries - count).Clear();
        return (firstSeen, firstSeenByAll);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot<T>(float* a, TStorage* b, int length)
        where T : unmanaged, ILanes<T>
    {
        T sum = T.Zero;
        int c = 0;
        for (; c <= length - T.Count; c += T.Count)
        {
            sum = T.MultiplyAdd(T.Load(a + c), T.Load(b + c), sum);
        }

        return T.Sum(T.MultiplyAdd(T.LoadPartial(a + c, length - c), T.LoadPartial(b + c, length - c), sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tile<T>(
        in AttentionBackwardScratch scratch, int b, int h, int first, int count, int firstKey, int firstSeenByAll, TileStart start)
        where T : unmanaged, ILanes<T>
    {
        int d = shape.PaddedHeadSize, size = shape.HeadSize, queries = AttentionTiles.Queries<T>();
        int keys = Math.Min(AttentionTiles.Keys, first + count - firstKey);
        int paddedKeys = AttentionTiles.RoundUp(keys, TileProduct.RowMultiple);
        float* keyRows = scratch.Keys + ((long)firstKey * d), valueRows = scratch.Values + ((long)firstKey * d);

        // As in forward: keys from here on concern the second register of queries only.
        int shared = Math.Min(keys, AttentionTiles.RoundUp(Math.Max(0, first + T.Count - firstKey), TileProduct.RowMultiple));
        Products<T>(scratch, keyRows, valueRows, 0, AttentionTiles.RoundUp(shared, TileProduct.RowMultiple), 0, queries);
        if (shared < keys)
        {
            Products<T>(scratch, keyRows, valueRows, shared, paddedKeys - shared, T.Count, T.Count);
        }

        if (dropoutRate != 0)
        {
            Draw<T>(scratch, b, h, first, count, firstKey);
        }

        if (rules.ChangesScores || firstSeenByAll > firstKey)
        {
            Change<T>(scratch, 0, h, first, firstKey, shared, firstSeenByAll);
            Change<T>(scratch, T.Count, h, first, firstKey, keys, firstSeenByAll);
        }

        bool masked = firstKey + keys - 1 > first;
        Slopes<T>(scratch, 0, first, firstKey, shared, masked);
        Slopes<T>(scratch, T.Count, first, firstKey, keys, masked);
        if (rules.Caps)
        {
            AttentionScores.Multiply<T>(scratch.ScoreGradients, scratch.CapDerivatives, queries, shared);
            AttentionScores.Multiply<T>(scratch.ScoreGradients + T.Count, scratch.CapDerivatives + T.Count, queries, keys);
        }

        long keyOffset = (long)firstKey * d;
        float* dValues = scratch.ValueGradients + keyOffset, dKeys = scratch.KeyGradients + keyOffset;
        Gradients<T>(scratch, dValues, dKeys, 0, AttentionTiles.RoundUp(shared, TileProduct.RowMultiple), 0, count);
        if (shared < keys)
        {
            Gradients<T>(scratch, dValues, dKeys, shared, paddedKeys - shared, T.Count, count - T.Count);
        }

        int channels = AttentionTiles.RoundUp(size, TileProduct.RowMultiple);
        TileProduct.Run<T>(
            scratch.QueryGradients, queries, keyRows, 1, d, scratch.ScoreGradients, queries,
            channels, queries, shared, start, null);
        if (shared < keys)
        {
            TileProduct.Run<T>(
                scratch.QueryGradients + T.Count, queries, keyRows + (shared * d), 1, d,
                scratch.ScoreGradients + (shared * queries) + T.Count, queries,
                channels, T.Count, keys - shared, TileStart.Keep, null);
        }
    }

    // s and dO V^T of some keys against some lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Products<T>(
        in AttentionBackwardScratch scratch, float* keyRows, float* valueRows, int firstRow, int rows, int lane, int lanes)
        where T : unmanaged, ILanes<T>
    {
        int d = shape.PaddedHeadSize, queries = AttentionTiles.Queries<T>(), at = (firstRow * queries) + lane;
        TileProduct.Run<T>(
            scratch.Weights + at, queries, keyRows + (firstRow * d), d, 1, scratch.TurnedQueries + lane, queries,
            rows, lanes, shape.HeadSize, TileStart.Zero, null);
        TileProduct.Run<T>(
            scratch.ScoreGradients + at, queries, valueRows + (firstRow * d), d, 1, scratch.TurnedOutputGradients + lane,
            queries, rows, lanes, shape.HeadSize, TileStart.Zero, null);
    }

    // dV and dK of some keys from some queries.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Gradients<T>(
        in AttentionBackwardScratch scratch, float* dValues, float* dKeys, int firstRow, int rows, int query, int count)
        where T : unmanaged, ILanes<T>
    {
        int d = shape.PaddedHeadSize, queries = AttentionTiles.Queries<T>(), at = (firstRow * queries) + query;
        int columns = AttentionTiles.RoundUp(shape.HeadSize, T.Count);
        TileProduct.Run<T>(
            dValues + (firstRow * d), d, scratch.Weights + at, queries, 1, scratch.OutputGradients + (query * d), d,
            rows, columns, count, TileStart.Keep, null);
        TileProduct.Run<T>(
            dKeys + (firstRow * d), d, scratch.ScoreGradients + at, queries, 1, scratch.Queries + (query * d), d,
            rows, columns, count, TileStart.Keep, null);
    }

    // Products become scores, those of keys that a query must not look back to minus infinity, as in forward.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Change<T>(
        in AttentionBackwardScratch scratch, int half, int h, int first, int firstKey, int keys, int firstSeenByAll)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>();
        float* scores = scratch.Weights + half;
        if (rules.Caps)
        {
            AttentionScores.Cap<T>(scores, scratch.CapDerivatives + half, queries, keys, rules);
        }

        if (rules.Leans)
        {
            T position = T.Indices + T.Broadcast(first + half);
            AttentionScores.Lean(scores, queries, keys, firstKey, T.Broadcast(rules.Slope(h)), position);
        }

        int early = Math.Min(keys, firstSeenByAll - firstKey);
        AttentionScores.Hide(scores, queries, early, firstKey, T.Load(scratch.FirstKeys + half));
    }

    // Weights: s becomes Z. ScoreGradients: dO V^T becomes dS.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Slopes<T>(in AttentionBackwardScratch scratch, int half, int first, int firstKey, int keys, bool masked)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>();
        float* weights = scratch.Weights + half, gradients = scratch.ScoreGradients + half;
        T logSum = T.Load(scratch.LogSums + half), delta = T.Load(scratch.Deltas + half);
        T position = T.Indices + T.Broadcast(first + half), keep = T.Broadcast(1f / (1f - dropoutRate));
        T low = T.Load(scratch.KeptLow + half), high = T.Load(scratch.KeptHigh + half);
        for (int j = 0; j < keys; j++)
        {
            int at = j * queries;
            T weight = VectorMath.Exp2(T.Load(weights + at) - logSum);
            if (masked)
            {
                weight = T.SelectLess(position, T.Broadcast(firstKey + j), T.Zero, weight);
            }

            T kept = weight;
            if (dropoutRate != 0)
            {
                uint bit = 1u << (j & 31);
                kept = T.KeepWhereBit(j < 32 ? low : high, T.BroadcastWords(bit, bit, bit, bit), weight * keep);
            }

            T.Store(weights + at, kept);
            T.Store(gradients + at, T.NegateMultiplyAdd(weight, delta, kept * T.Load(gradients + at)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Draw<T>(in AttentionBackwardScratch scratch, int b, int h, int first, int count, int firstKey)
        where T : unmanaged, ILanes<T>
    {
        PhiloxLanes<T> philox = new(key, (uint)b);
        T threshold = T.BroadcastWords(keepThreshold, keepThreshold, keepThreshold, keepThreshold);
        ulong time = (ulong)shape.QueryCount, row = ((ulong)h * time) + (ulong)first;
        for (int lane = 0; lane < count; lane++, row++)
        {
            ulong bits = AttentionTiles.KeptBits(philox, threshold, (row * time) + (ulong)firstKey);
            ((uint*)scratch.KeptLow)[lane] = (uint)bits;
            ((uint*)scratch.KeptHigh)[lane] = (uint)(bits >> 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteQueries<T>(in AttentionBackwardScratch scratch, TStorage* target, int count)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>();
        if (beta == 0)
        {
            AttentionTiles.TurnBack<T, TStorage>(
                target, shape.QueryStride, scratch.QueryGradients, queries, shape.HeadSize, count, shape.Scale,
                scratch.Queries, shape.PaddedHeadSize);
            return;
        }

        Transpose.Run(
            scratch.Queries, shape.PaddedHeadSize, scratch.QueryGradients, queries, shape.HeadSize, count, shape.Scale);
        AttentionTiles.Unpack<T, TStorage>(
            target, shape.QueryStride, scratch.Queries, shape.PaddedHeadSize, shape.HeadSize, count, beta);
    }
}
