namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What one thread of <see cref="AttentionKernel"/> works in.</summary>
internal readonly unsafe ref struct AttentionForwardScratch
{
    public AttentionForwardScratch(float* memory, in AttentionShape shape, int blockRows)
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
        FirstKeys = Positions + blockRows;
        Slopes = FirstKeys + blockRows;
        Factors = Slopes + blockRows;
        KeptLow = Factors + 32;
        KeptHigh = KeptLow + 32;
        Bounds = (Range*)(KeptHigh + 32);
    }

    public readonly float* Queries;     // tiles of (D, queries), times scale log2 e
    public readonly float* Outputs;     // tiles of (D, queries)
    public readonly float* Keys;        // (64, D)
    public readonly float* Values;      // (64, D)
    public readonly float* Scores;      // (64, queries)
    public readonly float* Maxima;      // (rows), in powers of two
    public readonly float* Sums;        // (rows)
    public readonly float* Positions;   // (rows), the last key that each may see
    public readonly float* FirstKeys;   // (rows), the first key that each may see
    public readonly float* Slopes;      // (rows), of ALiBi
    public readonly float* Factors;     // (queries)
    public readonly float* KeptLow;     // (queries), the dropout decisions of keys 0 ... 31 of the tile, as words
    public readonly float* KeptHigh;    // and of keys 32 ... 63
    public readonly Range* Bounds;      // (tiles)

    public static long Count(in AttentionShape shape, int blockRows) =>
        ((2L * blockRows) + (2 * AttentionTiles.Keys)) * shape.PaddedHeadSize
        + (AttentionTiles.Keys * 32) + (6L * blockRows) + (3 * 32);

    /// <summary>What the queries of a tile may see, taken together. A tile has at least eight rows, so its five numbers find room.</summary>
    public struct Range
    {
        /// <summary>The earliest position of any.</summary>
        public int FirstPosition;

        /// <summary>The latest position in the first register.</summary>
        public int LastInFirstHalf;

        /// <summary>The latest position in the second register.</summary>
        public int LastInSecondHalf;

        /// <summary>The first key that any of them sees.</summary>
        public int FirstKey;

        /// <summary>From this key on none of them is too late for it.</summary>
        public int FirstKeyOfAll;

        /// <summary>The last key that any of them sees.</summary>
        public readonly int LastKey => Math.Max(LastInFirstHalf, LastInSecondHalf);

        /// <summary>Of a tile's queries, given where each stands and the first key that each sees.</summary>
        public static Range Of<T>(float* positions, float* firstKeys)
            where T : unmanaged, ILanes<T>
        {
            (float first, float lastInFirst, float lastInSecond) = (positions[0], positions[0], positions[T.Count]);
            (float firstKey, float firstKeyOfAll) = (firstKeys[0], firstKeys[0]);
            for (int lane = 0; lane < T.Count; lane++)
            {
                first = Math.Min(first, Math.Min(positions[lane], positions[T.Count + lane]));
                lastInFirst = Math.Max(lastInFirst, positions[lane]);
                lastInSecond = Math.Max(lastInSecond, positions[T.Count + lane]);
                firstKey = Math.Min(firstKey, Math.Min(firstKeys[lane], firstKeys[T.Count + lane]));
                firstKeyOfAll = Math.Max(firstKeyOfAll, Math.Max(firstKeys[lane], firstKeys[T.Count + lane]));
            }

            return new()
            {
                FirstPosition = (int)first,
                LastInFirstHalf = (int)lastInFirst,
                LastInSecondHalf = (int)lastInSecond,
                FirstKey = (int)firstKey,
                FirstKeyOfAll = (int)firstKeyOfAll,
            };
        }
    }
}
