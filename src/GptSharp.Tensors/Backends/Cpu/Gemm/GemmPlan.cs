namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// How a product is cut into tasks: blocks of rows, blocks of columns and, for small results of long sums (the gradient of a
/// weight), slices of the sum that are added in order afterwards. A function of the sizes alone.
/// </summary>
internal readonly struct GemmPlan
{
    /// <summary>Terms that are added up in registers before they join the result.</summary>
    public const int ChunkLength = 256;

    /// <summary>Rows of a that are packed at a time.</summary>
    public const int RowRun = 96;

    /// <summary>Floats of the largest micro-kernel's tile.</summary>
    public const int LargestTile = 12 * 32;

    private const int LargestRowBlock = 384, LargestColumnBlock = 256, SmallestBlock = 96;
    private const int WantedTasks = 16, SmallestSlice = 384;

    public GemmPlan(int m, int n, int k, int tileRows, int tileColumns, bool maySlice)
    {
        int rows = LargestRowBlock;
        int columns = LargestColumnBlock;
        while (Tasks(m, n, rows, columns) < WantedTasks && (Math.Min(rows, m) > SmallestBlock || Math.Min(columns, n) > SmallestBlock))
        {
            if (Math.Min(rows, m) >= Math.Min(columns, n))
            {
                rows = Half(rows, m, tileRows);
            }
            else
            {
                columns = Half(columns, n, tileColumns);
            }
        }

        (RowBlock, ColumnBlock) = (RoundUp(rows, tileRows), RoundUp(columns, tileColumns));
        RowBlocks = Count(m, RowBlock);
        ColumnBlocks = Count(n, ColumnBlock);
        int blocks = RowBlocks * ColumnBlocks;
        int slices = !maySlice || blocks >= WantedTasks / 2 ? 1 : Math.Clamp(k / SmallestSlice, 1, WantedTasks / Math.Max(1, blocks));
        SliceLength = Count(k, slices);
        Slices = Math.Max(1, Count(k, Math.Max(1, SliceLength)));
    }

    /// <summary>Floats of panels and edge tile that a thread needs.</summary>
    public static int PanelFloats => (ChunkLength * (RowRun + LargestColumnBlock)) + LargestTile;

    /// <summary>Elements of the largest block of the result that one task computes.</summary>
    public int BlockElements => RowBlock * ColumnBlock;

    public int RowBlock { get; }

    public int ColumnBlock { get; }

    public int RowBlocks { get; }

    public int ColumnBlocks { get; }

    /// <summary>Terms of the sum that one task adds up.</summary>
    public int SliceLength { get; }

    public int Slices { get; }

    public int TaskCount => RowBlocks * ColumnBlocks * Slices;

    private static int Tasks(int m, int n, int rows, int columns) => Count(m, rows) * Count(n, columns);

    private static int Half(int block, int size, int tile) => RoundUp(Math.Max(SmallestBlock, Math.Min(block, size) / 2), tile);

    private static int Count(int size, int block) => (size + block - 1) / block;

    private static int RoundUp(int size, int tile) => Count(size, tile) * tile;
}
