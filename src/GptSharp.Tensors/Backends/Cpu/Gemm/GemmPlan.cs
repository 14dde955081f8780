namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// How a product is cut into tasks. The factor with fewer lines (rows of a, or columns of b) is packed once for all tasks; the lines of
/// the other one are divided among them, each task packing its own. Small results of long sums (the gradient of a weight) are cut into
/// slices of the sum, whose parts are added in order afterwards. A function of sizes and layouts alone.
/// </summary>
internal readonly struct GemmPlan
{
    /// <summary>
    /// Terms that are added up in registers before they join the result. So many that a panel of b leaves the first-level cache: it costs less
    /// to fetch it from the second than to go over the result more often.
    /// </summary>
    public const int ChunkLength = 768;

    /// <summary>Rows of a that are packed or passed over at a time.</summary>
    public const int RowRun = 96;

    /// <summary>Floats of the largest micro-kernel's tile.</summary>
    public const int LargestTile = 12 * 32;

    private const int LargestRowBlock = 384, SmallestRowBlock = 48, LargestColumnBlock = 128, SmallestColumnBlock = 64;
    private const int LargestBlock = 1 << 17;
    private const int BlockRounding = 12 * LargestBlock / RowRun;    // a row of tiles more, of the widest block
    private const int WantedTasks = 12, SmallestSlice = 384;

    // Floats of shared panels that are packed at a time: few enough for the last cache, if the result, which every round passes over, is small
    // enough for it, too, and holds the sums itself.
    private const int SmallShare = 1 << 20, LargeShare = 1 << 22, SmallResult = 1 << 20;

    // Few rows take the room of some: how many texts are written at once changes from token to token.
    private readonly int _roomRows;

    /// <summary>Cuts a product.</summary>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="tileRows">Rows of the micro-kernel's tile.</param>
    /// <param name="tileColumns">Columns of the micro-kernel's tile.</param>
    /// <param name="a">How the left factor lies; if transposed, the sum may be cut.</param>
    /// <param name="b">How the right factor lies.</param>
    /// <param name="sumsInPlace">Whether the result holds the sums.</param>
    public GemmPlan(int m, int n, int k, int tileRows, int tileColumns, Operand a, Operand b, bool sumsInPlace)
    {
        int largestShare = sumsInPlace && (long)m * n <= SmallResult ? SmallShare : LargeShare;
        bool maySlice = a == Operand.Transposed;
        (PaddedRows, PaddedColumns) = (RoundUp(m, tileRows), RoundUp(n, tileColumns));
        _roomRows = RoundUp(Math.Max(m, RowRun), tileRows);
        SharesRows = m <= n;
        if (SharesRows)
        {
            ColumnBlock = Fit(n, 1, SmallestColumnBlock, LargestColumnBlock, tileColumns);
            RowBlock = Fit(m, Count(n, ColumnBlock), RowRun, LargestBlock / ColumnBlock, tileRows);
        }
        else
        {
            int largest = Math.Clamp(LargestBlock / n / tileRows * tileRows, RowRun, LargestRowBlock);
            RowBlock = Fit(m, 1, SmallestRowBlock, largest, tileRows);
            ColumnBlock = Fit(n, Count(m, RowBlock), SmallestColumnBlock, LargestBlock / RowBlock, tileColumns);
        }

        RowBlocks = Count(m, RowBlock);
        ColumnBlocks = Count(n, ColumnBlock);
        int blocks = RowBlocks * ColumnBlocks;
        int slices = !maySlice || blocks >= WantedTasks / 2 ? 1 : Math.Clamp(k / SmallestSlice, 1, WantedTasks / Math.Max(1, blocks));
        SliceLength = RoundUp(Count(k, slices), 2); // pairs of terms stay together
        Slices = Math.Max(1, Count(k, Math.Max(1, SliceLength)));
        RoundLength = Slices > 1 ? k : Math.Min(k, RoundUp(Math.Max(1, largestShare / SharedLines), ChunkLength));
        BlockElements = MostBlockElements(n, tileRows, tileColumns);
        long lines = maySlice ? SharedLines : MostSharedLines(tileRows);
        SharedFloats = 16 + (Slices > 1 ? lines * k : Math.Min(lines * k, largestShare + (lines * ChunkLength)));
    }

    /// <summary>Floats of edge tile and panels of its own that a thread needs.</summary>
    public static int PanelFloats => LargestTile + (ChunkLength * Math.Max(LargestColumnBlock, RowRun));

    /// <summary>Whether a is packed once for all tasks.</summary>
    public bool SharesRows { get; }

    /// <summary>Whether b is packed once for all tasks.</summary>
    public bool SharesColumns => !SharesRows;

    /// <summary>Rows of a, whole tiles.</summary>
    public int PaddedRows { get; }

    /// <summary>Columns of b, whole tiles.</summary>
    public int PaddedColumns { get; }

    /// <summary>Floats that all shared panels take, at one term a float. Never less with more rows, so that who planned for many can do few.</summary>
    public long SharedFloats { get; }

    /// <summary>Terms for which shared panels are packed at a time; whole chunks but for the last.</summary>
    public int RoundLength { get; }

    /// <summary>Elements that the block of the result which one task computes takes at most. Never less with more rows.</summary>
    public int BlockElements { get; }

    public int RowBlock { get; }

    public int ColumnBlock { get; }

    public int RowBlocks { get; }

    public int ColumnBlocks { get; }

    /// <summary>Terms of the sum that one task adds up.</summary>
    public int SliceLength { get; }

    public int Slices { get; }

    public int TaskCount => RowBlocks * ColumnBlocks * Slices;

    /// <summary>Chunks of a slice, or of all terms.</summary>
    public int ChunksPerSlice => Count(SliceLength, ChunkLength);

    private int SharedLines => SharesRows ? PaddedRows : PaddedColumns;

    // The most lines that this product, or one of fewer rows, shares: rows while there are fewer of them than columns. (Columns are padded to
    // a longer tile than rows. The gradient of a weight always has the same sizes.)
    private int MostSharedLines(int tileRows) =>
        Math.Max(Math.Min(_roomRows, PaddedColumns + tileRows), SharesRows ? 0 : PaddedColumns);

    // The elements of this product's largest block, or of one of fewer rows: all rows by some columns while there are few, and then
    // LargestRowBlock by all columns.
    private int MostBlockElements(int n, int tileRows, int tileColumns)
    {
        long ofFew = (long)Math.Min(_roomRows, RoundUp(n, tileRows)) * Fit(n, 1, SmallestColumnBlock, LargestColumnBlock, tileColumns);
        long ofMany = _roomRows <= n ? 0 : (long)Math.Min(_roomRows, LargestRowBlock) * PaddedColumns;
        return (int)Math.Min(Math.Max(ofFew, ofMany), LargestBlock + BlockRounding);
    }

    // Cuts an axis into blocks of whole tiles: enough for all tasks together with the other axis, where half of those wanted are enough to leave
    // this one whole, for each block of it packs the other's lines again. Of the counts that come into question it takes the one that keeps
    // threads busiest: tasks come in fours, and all wait for the longest.
    private static int Fit(int size, int others, int smallest, int largest, int step)
    {
        int tiles = Count(size, step);
        int wanted = others >= WantedTasks / 2 ? 1 : Count(WantedTasks, others);
        int fewest = Math.Clamp(Math.Max(wanted, Count(size, largest)), 1, Math.Max(1, size / smallest));
        int best = fewest;
        for (int blocks = fewest + 1; blocks <= Math.Min(2 * fewest, size / smallest); blocks++)
        {
            best = Rounds(blocks) < Rounds(best) ? blocks : best;
        }

        return Math.Max(1, Count(tiles, best)) * step;

        int Rounds(int blocks) => RoundUp(blocks * others, 4) * Count(tiles, blocks);
    }

    private static int Count(int size, int block) => (size + block - 1) / block;

    private static int RoundUp(int size, int tile) => Count(size, tile) * tile;
}
