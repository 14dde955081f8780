using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>The backward pass of <see cref="AttentionKernel"/> over whole sequences.</summary>
/// <remarks>
/// With s = scale q k^T, P = exp(s - logSumExp) made again tile by tile, Z = P with dropout and delta_i = dO_i · o_i:
/// dV += Z^T dO; dS = Z (dO V^T) - P delta; dQ += scale dS K; dK += scale dS^T Q. Tiles are transposed as in forward. One part
/// owns a key head of a sample with all query heads that share it, so every gradient has one writer and one order of sums.
/// </remarks>
internal static unsafe class AttentionBackwardKernel
{
    /// <summary>Floats of workspace that <see cref="Run"/> needs on a team of <paramref name="threads"/>.</summary>
    public static long WorkspaceCount(in AttentionShape shape, int threads) => threads * Scratch.Count(shape);

    /// <summary>dq, dk, dv = their formulas + beta times what they held.</summary>
    /// <param name="dq">Laid out as q.</param>
    /// <param name="dk">Laid out as k.</param>
    /// <param name="dv">Laid out as v.</param>
    /// <param name="dOutput">Laid out as o.</param>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="o">Outputs of forward.</param>
    /// <param name="logSumExp">(B, H, T), of forward.</param>
    /// <param name="shape">As in forward, with as many keys as queries.</param>
    /// <param name="dropoutRate">As in forward.</param>
    /// <param name="key">As in forward.</param>
    /// <param name="beta">0 on the first write.</param>
    /// <param name="workspace"><see cref="WorkspaceCount"/> floats.</param>
    /// <param name="team">Runs it.</param>
    public static void Run(
        float* dq, float* dk, float* dv, float* dOutput, float* q, float* k, float* v, float* o, float* logSumExp,
        in AttentionShape shape, float dropoutRate, in RandomKey key, float beta, float* workspace, ThreadTeam team) =>
        LaneDispatch.For(
            team, checked(shape.Batch * shape.KeyHeadCount),
            new Part(
                dq, dk, dv, dOutput, q, k, v, o, logSumExp, shape, dropoutRate, Philox.KeepThreshold(dropoutRate), key, beta,
                workspace, team));

    private readonly ref struct Scratch
    {
        public Scratch(float* memory, in AttentionShape shape)
        {
            int d = shape.PaddedHeadSize;
            long all = (long)PaddedTime(shape) * d;
            Keys = memory;
            Values = Keys + all;
            KeyGradients = Values + all;
            ValueGradients = KeyGradients + all;
            TurnedQueries = ValueGradients + all;
            TurnedOutputGradients = TurnedQueries + (32 * d);
            QueryGradients = TurnedOutputGradients + (32 * d);
            Queries = QueryGradients + (32 * d);
            OutputGradients = Queries + (32 * d);
            Weights = OutputGradients + (32 * d);
            ScoreGradients = Weights + (AttentionTiles.Keys * 32);
            LogSums = ScoreGradients + (AttentionTiles.Keys * 32);
            Deltas = LogSums + 32;
            KeptLow = Deltas + 32;
            KeptHigh = KeptLow + 32;
        }

        public readonly float* Keys;                    // (T, D)
        public readonly float* Values;                  // (T, D)
        public readonly float* KeyGradients;            // (T, D)
        public readonly float* ValueGradients;          // (T, D)
        public readonly float* TurnedQueries;           // (D, queries), times scale log2 e
        public readonly float* TurnedOutputGradients;   // (D, queries)
        public readonly float* QueryGradients;          // (D, queries)
        public readonly float* Queries;                 // (queries, D), times scale
        public readonly float* OutputGradients;         // (queries, D)
        public readonly float* Weights;                 // (64, queries): s, then Z
        public readonly float* ScoreGradients;          // (64, queries): dO V^T, then dS
        public readonly float* LogSums;                 // (queries), in powers of two
        public readonly float* Deltas;                  // (queries)
        public readonly float* KeptLow;                 // (queries), dropout decisions of keys 0 ... 31 of the tile, as words
        public readonly float* KeptHigh;                // and of keys 32 ... 63

        public static long Count(in AttentionShape shape) =>
            ((4L * PaddedTime(shape)) + (5 * 32)) * shape.PaddedHeadSize + (2 * AttentionTiles.Keys * 32) + (4 * 32);

        private static int PaddedTime(in AttentionShape shape) =>
            AttentionTiles.RoundUp(shape.QueryCount, TileProduct.RowMultiple);
    }

    private readonly struct Part(
        float* dq, float* dk, float* dv, float* dOutput, float* q, float* k, float* v, float* o, float* logSumExp,
        AttentionShape shape, float dropoutRate, uint keepThreshold, RandomKey key, float beta,
        float* workspace, ThreadTeam team) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            (int b, int g) = Math.DivRem(part, shape.KeyHeadCount);
            Scratch scratch = new(workspace + (team.CurrentWorker * Scratch.Count(shape)), shape);
            int time = shape.QueryCount, d = shape.PaddedHeadSize, queries = AttentionTiles.Queries<T>();
            int paddedTime = AttentionTiles.RoundUp(time, TileProduct.RowMultiple);
            long keyOffset = ((long)b * time * shape.KeyStride) + ((long)g * shape.HeadSize);
            AttentionTiles.Pack<T>(scratch.Keys, d, k + keyOffset, shape.KeyStride, shape.HeadSize, time, paddedTime, 1);
            AttentionTiles.Pack<T>(scratch.Values, d, v + keyOffset, shape.KeyStride, shape.HeadSize, time, paddedTime, 1);
            new Span<float>(scratch.KeyGradients, paddedTime * d).Clear();
            new Span<float>(scratch.ValueGradients, paddedTime * d).Clear();
            for (int h = g * shape.GroupSize; h < (g + 1) * shape.GroupSize; h++)
            {
                for (int first = 0; first < time; first += queries)
                {
                    int count = Math.Min(queries, time - first);
                    Prepare<T>(scratch, b, h, first, count);
                    for (int firstKey = 0; firstKey < first + count; firstKey += AttentionTiles.Keys)
                    {
                        Tile<T>(scratch, b, h, first, count, firstKey);
                    }

                    long offset = ((((long)b * time) + first) * shape.QueryStride) + ((long)h * shape.HeadSize);
                    WriteQueries<T>(scratch, dq + offset, count);
                }
            }

            Write<T>(dk + keyOffset, shape.KeyStride, scratch.KeyGradients, time);
            Write<T>(dv + keyOffset, shape.KeyStride, scratch.ValueGradients, time);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Prepare<T>(in Scratch scratch, int b, int h, int first, int count)
            where T : unmanaged, ILanes<T>
        {
            int time = shape.QueryCount, d = shape.PaddedHeadSize, size = shape.HeadSize, queries = AttentionTiles.Queries<T>();
            long row = ((long)b * time) + first;
            float* queryRows = q + (row * shape.QueryStride) + ((long)h * size);
            float* gradientRows = dOutput + (row * shape.OutputStride) + ((long)h * size);
            float* outputRows = o + (row * shape.OutputStride) + ((long)h * size);
            AttentionTiles.Pack<T>(scratch.Queries, d, queryRows, shape.QueryStride, size, count, queries, shape.Scale);
            AttentionTiles.Pack<T>(scratch.OutputGradients, d, gradientRows, shape.OutputStride, size, count, queries, 1);

            // The padding rows are zeros, so idle lanes get zeros as well.
            Transpose.Run(scratch.TurnedQueries, queries, scratch.Queries, d, queries, size, AttentionTiles.Log2E);
            Transpose.Run(scratch.TurnedOutputGradients, queries, scratch.OutputGradients, d, queries, size, 1);
            float* logSums = logSumExp + ((((long)b * shape.HeadCount) + h) * time) + first;
            for (int lane = 0; lane < count; lane++)
            {
                scratch.LogSums[lane] = logSums[lane] * AttentionTiles.Log2E;
                scratch.Deltas[lane] = Dot<T>(
                    scratch.OutputGradients + (lane * d), outputRows + (lane * shape.OutputStride), size);
            }

            // An idle lane's weights vanish.
            new Span<float>(scratch.LogSums + count, queries - count).Fill(float.MaxValue);
            new Span<float>(scratch.Deltas + count, queries - count).Clear();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Dot<T>(float* a, float* b, int length)
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
        private void Tile<T>(in Scratch scratch, int b, int h, int first, int count, int firstKey)
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

            bool masked = firstKey + keys - 1 > first;
            Slopes<T>(scratch, 0, first, firstKey, shared, masked);
            Slopes<T>(scratch, T.Count, first, firstKey, keys, masked);
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
                channels, queries, shared, firstKey == 0 ? TileStart.Zero : TileStart.Keep, null);
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
            in Scratch scratch, float* keyRows, float* valueRows, int firstRow, int rows, int lane, int lanes)
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
            in Scratch scratch, float* dValues, float* dKeys, int firstRow, int rows, int query, int count)
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

        // Weights: s becomes Z. ScoreGradients: dO V^T becomes dS.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Slopes<T>(in Scratch scratch, int half, int first, int firstKey, int keys, bool masked)
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
        private void Draw<T>(in Scratch scratch, int b, int h, int first, int count, int firstKey)
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
        private void WriteQueries<T>(in Scratch scratch, float* target, int count)
            where T : unmanaged, ILanes<T>
        {
            int queries = AttentionTiles.Queries<T>();
            if (beta == 0)
            {
                Transpose.Run(
                    target, (nint)shape.QueryStride, scratch.QueryGradients, queries, shape.HeadSize, count, shape.Scale);
                return;
            }

            Transpose.Run(
                scratch.Queries, shape.PaddedHeadSize, scratch.QueryGradients, queries, shape.HeadSize, count, shape.Scale);
            Write<T>(target, shape.QueryStride, scratch.Queries, count);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Write<T>(float* target, long stride, float* source, int rows)
            where T : unmanaged, ILanes<T>
        {
            int size = shape.HeadSize;
            T keep = T.Broadcast(beta);
            for (int r = 0; r < rows; r++, target += stride, source += shape.PaddedHeadSize)
            {
                for (int c = 0; c < size; c += T.Count)
                {
                    int count = Math.Min(T.Count, size - c);
                    T value = T.Load(source + c);
                    value = beta == 0 ? value : T.MultiplyAdd(keep, T.LoadPartial(target + c, count), value);
                    T.StorePartial(target + c, value, count);
                }
            }
        }
    }
}
