using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Causal multi-head attention that keeps a tile of scores at a time (Dao et al. 2022, arXiv:2205.14135; the running maximum and
/// sum of Milakov and Gimelshein 2018, arXiv:1805.02867).
/// </summary>
/// <remarks>
/// Scores are kept transposed: a register holds one key's scores against as many queries as it has lanes. Maximum, sum and
/// rescaling of the softmax are then plain register arithmetic, nothing is ever summed across lanes, and both products broadcast
/// from keys and values in their natural layout. The softmax runs in powers of two.
/// <para>
/// Each query's arithmetic depends on its own position and on the 64-key tiles counted from key 0, not on which queries share its
/// registers. So a row's bits are the same in a whole sequence, in a cached chunk of any length, and in any batch, on one path.
/// </para>
/// </remarks>
internal static unsafe class AttentionKernel
{
    private const int LargeBlock = 256, SmallBlock = 64, WorthwhileParts = 32;

    /// <summary>Floats of workspace that <see cref="Forward"/> needs on a team of <paramref name="threads"/>.</summary>
    public static long WorkspaceCount(in AttentionShape shape, int threads) =>
        threads * Math.Max(Scratch.Count(shape, BlockRows(shape)), AttentionRowsKernel.WorkspaceCount(shape));

    /// <summary>
    /// o = dropout(softmax(scale q k^T)) v, where the query at position p sees keys 0 ... p; logSumExp = ln sum_j exp(scale q k_j).
    /// </summary>
    /// <param name="o">Outputs, laid out as <paramref name="shape"/> says.</param>
    /// <param name="logSumExp">(B, H, QueryCount), or null if no backward pass follows.</param>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="starts">(B): the position of each sample's first query, or null for 0. Keys beyond a sample's last query are not read.</param>
    /// <param name="shape">Sizes and layout.</param>
    /// <param name="dropoutRate">In [0, 1); element (h T + i) T + j of sample b is the weight of key j for query i of head h.</param>
    /// <param name="key">Keys the dropout mask.</param>
    /// <param name="workspace"><see cref="WorkspaceCount"/> floats.</param>
    /// <param name="team">Runs it.</param>
    public static void Forward(
        float* o, float* logSumExp, float* q, float* k, float* v, int* starts,
        in AttentionShape shape, float dropoutRate, in RandomKey key, float* workspace, ThreadTeam team)
    {
        if (dropoutRate == 0 && (long)shape.GroupSize * shape.QueryCount <= AttentionRowsKernel.MaximumRows)
        {
            AttentionRowsKernel.Forward(o, logSumExp, q, k, v, starts, shape, workspace, team);
            return;
        }

        if (dropoutRate != 0)
        {
            Philox.RequireElementRange(0, (long)shape.HeadCount * shape.QueryCount * shape.QueryCount);
        }

        int blockRows = BlockRows(shape), blocks = Parts.Count((long)shape.GroupSize * shape.QueryCount, blockRows);
        LaneDispatch.For(
            team, checked(shape.Batch * shape.KeyHeadCount * blocks),
            new ForwardPart(
                o, logSumExp, q, k, v, starts, shape, blockRows, blocks, dropoutRate, Philox.KeepThreshold(dropoutRate), key,
                workspace, team));
    }

    // Large blocks pack each tile of keys less often; small ones keep more threads busy when there are few heads.
    private static int BlockRows(in AttentionShape shape)
    {
        long largeParts = (long)shape.Batch * shape.KeyHeadCount
            * Parts.Count((long)shape.GroupSize * shape.QueryCount, LargeBlock);
        return largeParts >= WorthwhileParts ? LargeBlock : SmallBlock;
    }

    // What one thread works in.
    private readonly ref struct Scratch
    {
        public Scratch(float* memory, in AttentionShape shape, int blockRows)
        {
            int d = shape.PaddedHeadSize;
            Queries = memory;
            Outputs = Queries + (blockRows * d);
            Keys = Outputs + (blockRows * d);
            Values = Keys + (AttentionTiles.Keys * d);
            Scores = Values + (AttentionTiles.Keys * d);
            Maxima = Scores + (AttentionTiles.Keys * 32);
            Sums = Maxima + blockRows;
            Positions = Sums + blockRows;
            Factors = Positions + blockRows;
            KeptLow = Factors + 32;
            KeptHigh = KeptLow + 32;
            Bounds = KeptHigh + 32;
        }

        public readonly float* Queries;     // tiles of (D, queries)
        public readonly float* Outputs;     // tiles of (D, queries)
        public readonly float* Keys;        // (64, D)
        public readonly float* Values;      // (64, D)
        public readonly float* Scores;      // (64, queries)
        public readonly float* Maxima;      // (rows), in powers of two
        public readonly float* Sums;        // (rows)
        public readonly float* Positions;   // (rows), the last key that each may see
        public readonly float* Factors;     // (queries)
        public readonly float* KeptLow;     // (queries), the dropout decisions of keys 0 ... 31 of the tile, as words
        public readonly float* KeptHigh;    // and of keys 32 ... 63
        public readonly float* Bounds;      // (tiles, 4): earliest position, latest of the first register, latest of the second

        public static long Count(in AttentionShape shape, int blockRows) =>
            ((2L * blockRows) + (2 * AttentionTiles.Keys)) * shape.PaddedHeadSize
            + (AttentionTiles.Keys * 32) + (4L * blockRows) + (3 * 32);
    }

    // The rows of one key head in one sample are numbered head by head: row = headInGroup * QueryCount + query.
    private readonly struct ForwardPart(
        float* o, float* logSumExp, float* q, float* k, float* v, int* starts,
        AttentionShape shape, int blockRows, int blocks, float dropoutRate, uint keepThreshold, RandomKey key,
        float* workspace, ThreadTeam team) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            // Late blocks see more keys: they go first.
            (int reversed, int sampleAndGroup) = Math.DivRem(part, shape.Batch * shape.KeyHeadCount);
            (int b, int g) = Math.DivRem(sampleAndGroup, shape.KeyHeadCount);
            int first = (blocks - 1 - reversed) * blockRows;
            int rows = Math.Min(blockRows, (shape.GroupSize * shape.QueryCount) - first);
            Scratch scratch = new(
                workspace + (team.CurrentWorker * Scratch.Count(shape, blockRows)), shape, blockRows);
            int start = starts == null ? 0 : starts[b];
            int lastPosition = Prepare<T>(scratch, b, g, first, rows, start);
            int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize;
            long keyOffset = ((long)b * shape.KeyCapacity * shape.KeyStride) + ((long)g * shape.HeadSize);
            for (int firstKey = 0; firstKey <= lastPosition; firstKey += AttentionTiles.Keys)
            {
                int keys = Math.Min(AttentionTiles.Keys, lastPosition + 1 - firstKey);
                int paddedKeys = AttentionTiles.RoundUp(keys, TileProduct.RowMultiple);
                long offset = keyOffset + (firstKey * shape.KeyStride);
                AttentionTiles.Pack<T>(scratch.Keys, d, k + offset, shape.KeyStride, shape.HeadSize, keys, paddedKeys, 1);
                AttentionTiles.Pack<T>(scratch.Values, d, v + offset, shape.KeyStride, shape.HeadSize, keys, paddedKeys, 1);
                for (int row = 0; row < rows; row += queries)
                {
                    Tile<T>(scratch, b, g, first, row, Math.Min(queries, rows - row), firstKey);
                }
            }

            Finish<T>(scratch, b, g, first, rows);
        }

        // Turns the queries over into lanes and returns the last key that any of them may see.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private int Prepare<T>(in Scratch scratch, int b, int g, int first, int rows, int start)
            where T : unmanaged, ILanes<T>
        {
            int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize, last = 0;
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
                    float* source = q + ((((long)b * shape.QueryCount) + query) * shape.QueryStride)
                        + ((((long)g * shape.GroupSize) + head) * shape.HeadSize);
                    Transpose.Run(tile + lane, queries, source, (nint)shape.QueryStride, run, shape.HeadSize, factor);
                    for (int r = 0; r < run; r++)
                    {
                        scratch.Positions[row + lane + r] = start + query + r;
                    }

                    lane += run;
                    last = Math.Max(last, start + query + run - 1);
                }

                // Idle lanes follow the last query.
                float* positions = scratch.Positions + row;
                new Span<float>(positions + count, queries - count).Fill(positions[count - 1]);
                new Span<float>(scratch.Maxima + row, queries).Fill(float.NegativeInfinity);
                new Span<float>(scratch.Sums + row, queries).Clear();
                float* bounds = scratch.Bounds + (row / queries * 4);
                (bounds[0], bounds[1], bounds[2]) = (positions[0], positions[0], positions[T.Count]);
                for (int lane = 1; lane < T.Count; lane++)
                {
                    bounds[0] = Math.Min(bounds[0], Math.Min(positions[lane], positions[T.Count + lane]));
                    bounds[1] = Math.Max(bounds[1], positions[lane]);
                    bounds[2] = Math.Max(bounds[2], positions[T.Count + lane]);
                }
            }

            return last;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Tile<T>(in Scratch scratch, int b, int g, int first, int row, int count, int firstKey)
            where T : unmanaged, ILanes<T>
        {
            int queries = AttentionTiles.Queries<T>(), d = shape.PaddedHeadSize;
            float* bounds = scratch.Bounds + (row / queries * 4);
            int earliest = (int)bounds[0], latest = (int)Math.Max(bounds[1], bounds[2]);
            if (latest < firstKey)
            {
                return;
            }

            // On the diagonal one register may be done with fewer keys than the other: leading keys go to both, the rest to the
            // second alone. The split keeps to multiples of eight keys, so the first register may see a few hidden ones.
            int keys = Math.Min(AttentionTiles.Keys, latest + 1 - firstKey);
            int shared = AttentionTiles.RoundUp(Math.Max(0, (int)bounds[1] + 1 - firstKey), TileProduct.RowMultiple);
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

            bool masked = firstKey + keys - 1 > earliest;
            Softmax<T>(scratch, row, 0, firstKey, shared, masked);
            Softmax<T>(scratch, row, T.Count, firstKey, keys, masked);
            int channels = AttentionTiles.RoundUp(shape.HeadSize, TileProduct.RowMultiple);
            TileProduct.Run<T>(
                outputs, queries, scratch.Values, 1, d, scratch.Scores, queries,
                channels, queries, shared, firstKey == 0 ? TileStart.Zero : TileStart.Scale, scratch.Factors);
            if (shared < keys)
            {
                TileProduct.Run<T>(
                    outputs + T.Count, queries, scratch.Values + (shared * d), 1, d, scratch.Scores + (shared * queries) + T.Count,
                    queries, channels, T.Count, keys - shared, TileStart.Keep, null);
            }
        }

        // Scores become unnormalised weights; Factors is what the earlier sums and outputs must be multiplied by.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Softmax<T>(in Scratch scratch, int row, int half, int firstKey, int keys, bool masked)
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
        private void Draw<T>(in Scratch scratch, int b, int g, int firstRow, int count, int firstKey)
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
        private void Finish<T>(in Scratch scratch, int b, int g, int first, int rows)
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
                    float* target = o + ((((long)b * shape.QueryCount) + query) * shape.OutputStride) + (h * shape.HeadSize);
                    Transpose.Run(target, (nint)shape.OutputStride, tile + lane, queries, shape.HeadSize, run, 1);
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
}
