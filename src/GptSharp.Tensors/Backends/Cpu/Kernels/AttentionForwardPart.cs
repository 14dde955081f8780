using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>One block of the query rows of a key head: what a thread of <see cref="AttentionKernel"/> does at a time.</summary>
/// <remarks>
/// The rows of one key head in one sample are numbered head by head: row = headInGroup * QueryCount + query.
/// <para>
/// Run is not inlined: into its caller the compiler would inline everything below it as well, until its budget is spent and the loads and
/// stores of the innermost loops remain calls.
/// </para>
/// </remarks>
internal readonly unsafe struct AttentionForwardPart<TStorage>(
    TStorage* o, float* logSumExp, TStorage* q, TStorage* k, TStorage* v, int* starts,
    AttentionShape shape, AttentionRules rules, int blockRows, int blocks, float dropoutRate, uint keepThreshold, RandomKey key,
    float* workspace, ThreadTeam team) : ILaneKernel
    where TStorage : unmanaged
{
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int part)
        where T : unmanaged, ILanes<T>
    {
        // Late blocks see more keys: they go first.
        (int reversed, int sampleAndGroup) = Math.DivRem(part, shape.Batch * shape.KeyHeadCount);
        (int b, int g) = Math.DivRem(sampleAndGroup, shape.KeyHeadCount);
        int first = (blocks - 1 - reversed) * blockRows;
        int rows = Math.Min(blockRows, (shape.GroupSize * shape.QueryCount) - first);
        AttentionForwardScratch scratch = new(
            workspace + (team.CurrentWorker * AttentionForwardScratch.Count(shape, blockRows)), shape, blockRows);
        Prepare<T>(scratch, b, g, first, rows);
        int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize, earliestKey = int.MaxValue, lastPosition = 0;
        for (int tile = 0; tile < Parts.Count(rows, queries); tile++)
        {
            earliestKey = Math.Min(earliestKey, scratch.Bounds[tile].FirstKey);
            lastPosition = Math.Max(lastPosition, scratch.Bounds[tile].LastKey);
        }

        long keyOffset = ((long)b * shape.KeyCapacity * shape.KeyStride) + ((long)g * shape.HeadSize);
        for (int firstKey = AttentionTiles.TileOf(earliestKey); firstKey <= lastPosition; firstKey += AttentionTiles.Keys)
        {
            int keys = Math.Min(AttentionTiles.Keys, lastPosition + 1 - firstKey);
            int paddedKeys = AttentionTiles.RoundUp(keys, TileProduct.RowMultiple);
            long offset = keyOffset + (firstKey * shape.KeyStride);
            AttentionTiles.Pack<T, TStorage>(scratch.Keys, d, k + offset, shape.KeyStride, shape.HeadSize, keys, paddedKeys, 1);
            AttentionTiles.Pack<T, TStorage>(scratch.Values, d, v + offset, shape.KeyStride, shape.HeadSize, keys, paddedKeys, 1);
            for (int row = 0; row < rows; row += queries)
            {
                Tile<T>(scratch, b, g, first, row, Math.Min(queries, rows - row), firstKey);
            }
        }

        Finish<T>(scratch, b, g, first, rows);
    }

    // Turns the queries over into lanes and notes what each may see.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Prepare<T>(in AttentionForwardScratch scratch, int b, int g, int first, int rows)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize, start = starts == null ? 0 : starts[b];
        float factor = shape.Scale * AttentionTiles.Log2E;
        for (int row = 0; row < rows; row += queries)
        {
            int count = Math.Min(queries, rows - row);
            float* tile = scratch.Queries + (row * d);
            if (count < queries)
            {
                new Span<float>(tile, queries * d).Clear();
            }

            for (int lane = 0; lane < count;)
            {
                (int head, int query) = Math.DivRem(first + row + lane, shape.QueryCount);
                int run = Math.Min(count - lane, shape.QueryCount - query);
                long queryRow = ((long)b * shape.QueryCount) + query;
                int h = (g * shape.GroupSize) + head;
                TStorage* source = q + (queryRow * shape.QueryStride) + ((long)h * shape.HeadSize);
                Transpose.Run(tile + lane, queries, source, (nint)shape.QueryStride, run, shape.HeadSize, factor);
                new Span<float>(scratch.Slopes + row + lane, run).Fill(rules.Slope(h));
                for (int r = 0; r < run; r++)
                {
                    int position = start + query + r;
                    scratch.Positions[row + lane + r] = position;
                    scratch.FirstKeys[row + lane + r] = rules.FirstKey(queryRow + r, position);
                }

                lane += run;
            }

            // Idle lanes follow the last query.
            int at = row + count, idle = queries - count;
            new Span<float>(scratch.Positions + at, idle).Fill(scratch.Positions[at - 1]);
            new Span<float>(scratch.FirstKeys + at, idle).Fill(scratch.FirstKeys[at - 1]);
            new Span<float>(scratch.Slopes + at, idle).Fill(scratch.Slopes[at - 1]);
            new Span<float>(scratch.Maxima + row, queries).Fill(AttentionTiles.NoScore);
            new Span<float>(scratch.Sums + row, queries).Clear();
            scratch.Bounds[row / queries] = AttentionForwardScratch.Range.Of<T>(scratch.Positions + row, scratch.FirstKeys + row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tile<T>(in AttentionForwardScratch scratch, int b, int g, int first, int row, int count, int firstKey)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize;
        AttentionForwardScratch.Range range = scratch.Bounds[row / queries];
        if (range.LastKey < firstKey || range.FirstKey >= firstKey + AttentionTiles.Keys)
        {
            return;
        }

        // On the diagonal one register may be done with fewer keys than the other: leading keys go to both, the rest to the
        // second alone. The split keeps to multiples of eight keys, so the first register may see a few hidden ones.
        int keys = Math.Min(AttentionTiles.Keys, range.LastKey + 1 - firstKey);
        int shared = AttentionTiles.RoundUp(Math.Max(0, range.LastInFirstHalf + 1 - firstKey), TileProduct.RowMultiple);
        shared = Math.Min(shared, keys);
        float* turned = scratch.Queries + (row * d), outputs = scratch.Outputs + (row * d);
        TileProduct.Run<T>(
            scratch.Scores, queries, scratch.Keys, d, 1, turned, queries,
            AttentionTiles.RoundUp(shared, TileProduct.RowMultiple), queries, shape.HeadSize, TileStart.Zero, null);
        if (shared < keys)
        {
            TileProduct.Run<T>(
                scratch.Scores + (shared * queries) + T.Count, queries, scratch.Keys + (shared * d), d, 1,
                turned + T.Count, queries,
                AttentionTiles.RoundUp(keys - shared, TileProduct.RowMultiple), T.Count, shape.HeadSize, TileStart.Zero, null);
        }

        if (dropoutRate != 0)
        {
            Draw<T>(scratch, b, g, first + row, count, firstKey);
        }

        if (rules.ChangesScores || range.FirstKeyOfAll > firstKey)
        {
            Change<T>(scratch, row, 0, firstKey, shared, range.FirstKeyOfAll);
            Change<T>(scratch, row, T.Count, firstKey, keys, range.FirstKeyOfAll);
        }

        bool masked = firstKey + keys - 1 > range.FirstPosition;
        Softmax<T>(scratch, row, 0, firstKey, shared, masked);
        Softmax<T>(scratch, row, T.Count, firstKey, keys, masked);
        int channels = AttentionTiles.RoundUp(shape.HeadSize, TileProduct.RowMultiple);
        TileProduct.Run<T>(
            outputs, queries, scratch.Values, 1, d, scratch.Scores, queries,
            channels, queries, shared, firstKey <= range.FirstKey ? TileStart.Zero : TileStart.Scale, scratch.Factors);
        if (shared < keys)
        {
            TileProduct.Run<T>(
                outputs + T.Count, queries, scratch.Values + (shared * d), 1, d, scratch.Scores + (shared * queries) + T.Count,
                queries, channels, T.Count, keys - shared, TileStart.Keep, null);
        }
    }

    // Products become scores, those of keys that a query must not look back to minus infinity.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Change<T>(in AttentionForwardScratch scratch, int row, int half, int firstKey, int keys, int firstKeyOfAll)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>(), lane = row + half;
        float* scores = scratch.Scores + half;
        if (rules.Caps)
        {
            AttentionScores.Cap<T>(scores, queries, keys, rules);
        }

        if (rules.Leans)
        {
            AttentionScores.Lean(scores, queries, keys, firstKey, T.Load(scratch.Slopes + lane), T.Load(scratch.Positions + lane));
        }

        int early = Math.Min(keys, firstKeyOfAll - firstKey);
        AttentionScores.Hide(scores, queries, early, firstKey, T.Load(scratch.FirstKeys + lane));
    }

    // Scores become unnormalised weights; Factors is what the earlier sums and outputs must be multiplied by.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Softmax<T>(in AttentionForwardScratch scratch, int row, int half, int firstKey, int keys, bool masked)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>();
        float* scores = scratch.Scores + half;
        T before = T.Load(scratch.Maxima + row + half), largest = before;
        if (masked)
        {
            T position = T.Load(scratch.Positions + row + half), hidden = T.Broadcast(float.NegativeInfinity);
            for (int j = 0; j < keys; j++)
            {
                float* at = scores + (j * queries);
                T score = T.SelectLess(position, T.Broadcast(firstKey + j), hidden, T.Load(at));
                T.Store(at, score);
                largest = T.Max(largest, score);
            }
        }
        else
        {
            for (int j = 0; j < keys; j++)
            {
                largest = T.Max(largest, T.Load(scores + (j * queries)));
            }
        }

        T factor = VectorMath.Exp2(before - largest);
        T sum = T.Load(scratch.Sums + row + half) * factor;
        if (dropoutRate == 0)
        {
            for (int j = 0; j < keys; j++)
            {
                T weight = VectorMath.Exp2(T.Load(scores + (j * queries)) - largest);
                sum += weight;
                T.Store(scores + (j * queries), weight);
            }
        }
        else
        {
            T low = T.Load(scratch.KeptLow + half), high = T.Load(scratch.KeptHigh + half);
            for (int j = 0; j < keys; j++)
            {
                T weight = VectorMath.Exp2(T.Load(scores + (j * queries)) - largest);
                sum += weight;
                uint bit = 1u << (j & 31);
                weight = T.KeepWhereBit(j < 32 ? low : high, T.BroadcastWords(bit, bit, bit, bit), weight);
                T.Store(scores + (j * queries), weight);
            }
        }

        T.Store(scratch.Factors + half, factor);
        T.Store(scratch.Maxima + row + half, largest);
        T.Store(scratch.Sums + row + half, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Draw<T>(in AttentionForwardScratch scratch, int b, int g, int firstRow, int count, int firstKey)
        where T : unmanaged, ILanes<T>
    {
        PhiloxLanes<T> philox = new(key, (uint)b);
        T threshold = T.BroadcastWords(keepThreshold, keepThreshold, keepThreshold, keepThreshold);
        for (int lane = 0; lane < count; lane++)
        {
            (int head, int query) = Math.DivRem(firstRow + lane, shape.QueryCount);
            ulong scoreRow = ((((ulong)g * (ulong)shape.GroupSize) + (ulong)head) * (ulong)shape.QueryCount) + (ulong)query;
            ulong bits = AttentionTiles.KeptBits(philox, threshold, (scoreRow * (ulong)shape.QueryCount) + (ulong)firstKey);
            ((uint*)scratch.KeptLow)[lane] = (uint)bits;
            ((uint*)scratch.KeptHigh)[lane] = (uint)(bits >> 32);
        }
    }

    // Divides by the sums and turns the outputs back into rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish<T>(in AttentionForwardScratch scratch, int b, int g, int first, int rows)
        where T : unmanaged, ILanes<T>
    {
        int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize;
        T keep = T.Broadcast(1f / (1f - dropoutRate));
        for (int row = 0; row < rows; row += queries)
        {
            float* tile = scratch.Outputs + (row * d);
            for (int half = 0; half < queries; half += T.Count)
            {
                T sum = T.Load(scratch.Sums + row + half), inverse = keep / sum;
                for (int c = 0; c < shape.HeadSize; c++)
                {
                    float* at = tile + (c * queries) + half;
                    T.Store(at, T.Load(at) * inverse);
                }

                T logSum = T.MultiplyAdd(
                    T.Load(scratch.Maxima + row + half), T.Broadcast(AttentionTiles.Ln2), VectorMath.Log(sum));
                T.Store(scratch.Maxima + row + half, logSum);
            }

            int count = Math.Min(queries, rows - row);
            for (int lane = 0; lane < count;)
            {
                (int head, int query) = Math.DivRem(first + row + lane, shape.QueryCount);
                int run = Math.Min(count - lane, shape.QueryCount - query);
                long h = ((long)g * shape.GroupSize) + head;
                TStorage* target = o + ((((long)b * shape.QueryCount) + query) * shape.OutputStride) + (h * shape.HeadSize);
                AttentionTiles.TurnBack<T, TStorage>(
                    target, shape.OutputStride, tile + lane, queries, shape.HeadSize, run, 1, scratch.Keys, d);
                if (logSumExp != null)
                {
                    new Span<float>(scratch.Maxima + row + lane, run).CopyTo(
                        new Span<float>(logSumExp + ((((long)b * shape.HeadCount) + h) * shape.QueryCount) + query, run));
                }

                lane += run;
            }
        }
    }
}
