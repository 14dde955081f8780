using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>One block of the result, or one slice of its sum, from packing to the last tile.</summary>
/// <remarks>
/// The sum runs in chunks of <see cref="ChunkLength"/> terms. For each, the task's columns of b are packed once (at most 256 KiB,
/// for the second-level cache), then its rows of a, <see cref="RowRun"/> at a time; a panel of b (32 KiB) stays in the first-level
/// cache while the panels of a pass by.
/// </remarks>
internal readonly unsafe struct GemmTask(
    float* c, int strideC, Factor a, Factor b, int m, int n, int k, float alpha, float beta, float* bias, GemmPlan plan)
{
    /// <summary>Terms that are added up in registers before they join the result.</summary>
    public const int ChunkLength = 256;

    private const int RowRun = 96, LargestTile = 12 * 32, LargestColumnBlock = 288;

    /// <summary>Floats of panels and edge tile that a thread needs.</summary>
    public static int PanelFloats => (ChunkLength * (RowRun + LargestColumnBlock)) + LargestTile;

    public void Run<TKernel, T>(int index, float* panels)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        (int slice, int block) = Math.DivRem(index, plan.RowBlocks * plan.ColumnBlocks);
        (int rowBlock, int columnBlock) = Math.DivRem(block, plan.ColumnBlocks);
        int firstRow = rowBlock * plan.RowBlock, rows = Math.Min(plan.RowBlock, m - firstRow);
        int firstColumn = columnBlock * plan.ColumnBlock, columns = Math.Min(plan.ColumnBlock, n - firstColumn);
        int firstTerm = slice * plan.SliceLength, end = Math.Min(k, firstTerm + plan.SliceLength);
        float* target = c + ((long)slice * m * n) + ((long)firstRow * strideC) + firstColumn;
        bool add = Start(target, rows, columns, firstColumn, end == firstTerm);
        for (int term = firstTerm; term < end; term += ChunkLength)
        {
            int length = Math.Min(ChunkLength, end - term);
            MultiplyChunk<TKernel, T>(target, firstRow, rows, firstColumn, columns, term, length, panels, add);
            add = true;
        }
    }

    // What the products are added to: beta c + bias. Returns false where they overwrite instead.
    private bool Start(float* target, int rows, int columns, int firstColumn, bool isEmptySum)
    {
        if (beta == 0 && bias == null && !isEmptySum)
        {
            return false;
        }

        for (int row = 0; row < rows && (beta != 1 || bias != null); row++)
        {
            var to = new Span<float>(target + ((long)row * strideC), columns);
            var start = new ReadOnlySpan<float>(bias == null ? null : bias + firstColumn, bias == null ? 0 : columns);
            if (beta == 0)
            {
                to.Clear();
                start.CopyTo(to);
                continue;
            }

            for (int column = 0; column < columns; column++)
            {
                to[column] = (beta * to[column]) + (start.IsEmpty ? 0 : start[column]);
            }
        }

        return true;
    }

    private void MultiplyChunk<TKernel, T>(
        float* target, int firstRow, int rows, int firstColumn, int columns, int term, int length, float* panels, bool add)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        int tileColumns = 2 * T.Count;
        float* edge = panels;
        float* panelsA = edge + LargestTile;
        float* panelsB = panelsA + (ChunkLength * RowRun);
        PackColumns<T>(panelsB, b, firstColumn, columns, term, length, tileColumns);
        for (int run = 0; run < rows; run += RowRun)
        {
            int runRows = Math.Min(RowRun, rows - run);
            PackRows<T>(panelsA, a, firstRow + run, runRows, term, length, TKernel.Rows);
            for (int column = 0; column < columns; column += tileColumns)
            {
                float* panelB = panelsB + ((long)column * length);
                for (int row = 0; row < runRows; row += TKernel.Rows)
                {
                    float* panelA = panelsA + ((long)row * length);
                    float* corner = target + ((long)(run + row) * strideC) + column;
                    int tileRows = Math.Min(TKernel.Rows, runRows - row);
                    int tileWidth = Math.Min(tileColumns, columns - column);
                    if (tileRows == TKernel.Rows && tileWidth == tileColumns)
                    {
                        TKernel.Run<T>(corner, strideC, panelA, panelB, length, alpha, add);
                    }
                    else
                    {
                        TKernel.Run<T>(edge, tileColumns, panelA, panelB, length, alpha, add: false);
                        CopyEdge(corner, edge, tileColumns, tileRows, tileWidth, add);
                    }
                }
            }
        }
    }

    private void CopyEdge(float* corner, float* edge, int edgeStride, int rows, int columns, bool add)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                float value = edge[(row * edgeStride) + column];
                corner[((long)row * strideC) + column] = add ? corner[((long)row * strideC) + column] + value : value;
            }
        }
    }

    private static void PackRows<T>(float* target, Factor a, int row, int rows, int term, int length, int width)
        where T : unmanaged, ILanes<T>
    {
        bool isRowMajor = a.Layout == Operand.AsIs;
        Packing.Run<T>(target, a.At(row, term), isRowMajor ? a.Stride : 1, isRowMajor ? 1 : a.Stride, rows, length, width);
    }

    private static void PackColumns<T>(float* target, Factor b, int column, int columns, int term, int length, int width)
        where T : unmanaged, ILanes<T>
    {
        bool isRowMajor = b.Layout == Operand.AsIs;
        Packing.Run<T>(target, b.At(term, column), isRowMajor ? 1 : b.Stride, isRowMajor ? b.Stride : 1, columns, length, width);
    }
}
