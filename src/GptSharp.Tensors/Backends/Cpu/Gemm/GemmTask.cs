using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>One block of the result, or one slice of its sum, from packing to the last tile.</summary>
/// <remarks>
/// The sum runs in chunks of <see cref="GemmPlan.ChunkLength"/> terms. For each, the task's columns of b are packed once (at most
/// 256 KiB, for the second-level cache), then its rows of a, <see cref="GemmPlan.RowRun"/> at a time; a panel of b (32 KiB) stays in
/// the first-level cache while the panels of a pass by. Sums are floats from the first term to the last: in the result itself, or, for
/// a result of BF16 or one that the epilogue still reads, in a block of the thread's own. The epilogue takes each tile after its last term.
/// </remarks>
internal readonly unsafe struct GemmTask<TResult, TFactor>(
    TResult* c, int strideC, Factor<TFactor> a, Factor<TFactor> b, int m, int n, int k, float alpha, float beta, TFactor* bias,
    Epilogue<TResult> epilogue, GemmPlan plan)
    where TResult : unmanaged
    where TFactor : unmanaged
{
    private bool SumsInPlace => MatrixMultiplier.SumsInPlace(epilogue);

    /// <summary>Computes task <paramref name="index"/> of the plan's.</summary>
    /// <param name="index">Which.</param>
    /// <param name="panels">The thread's <see cref="GemmPlan.PanelFloats"/>.</param>
    /// <param name="block">The thread's <see cref="GemmPlan.BlockElements"/> sums; not used where the result holds them.</param>
    public void Run<TKernel, T>(int index, float* panels, float* block)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        (int slice, int part) = Math.DivRem(index, plan.RowBlocks * plan.ColumnBlocks);
        (int rowBlock, int columnBlock) = Math.DivRem(part, plan.ColumnBlocks);
        int firstRow = rowBlock * plan.RowBlock, rows = Math.Min(plan.RowBlock, m - firstRow);
        int firstColumn = columnBlock * plan.ColumnBlock, columns = Math.Min(plan.ColumnBlock, n - firstColumn);
        int firstTerm = slice * plan.SliceLength, end = Math.Min(k, firstTerm + plan.SliceLength);
        long place = ((long)slice * m * n) + ((long)firstRow * strideC) + firstColumn;
        TResult* target = c + place;
        float* sums = SumsInPlace ? (float*)target : block;
        int stride = SumsInPlace ? strideC : plan.ColumnBlock;
        bool add = Start<T>(sums, stride, target, rows, columns, firstColumn, end == firstTerm);
        bool finishes = !SumsInPlace || !epilogue.IsPlain;
        for (int term = firstTerm; term < end; term += GemmPlan.ChunkLength)
        {
            int length = Math.Min(GemmPlan.ChunkLength, end - term);
            bool finish = finishes && term + length == end;
            MultiplyChunk<TKernel, T>(sums, stride, place, firstRow, rows, firstColumn, columns, term, length, panels, add, finish);
            add = true;
        }

        if (finishes && firstTerm == end)
        {
            epilogue.Run<T>(c, strideC, place, sums, stride, rows, columns); // an empty sum has no last term
        }
    }

    // What the products are added to: beta c + bias. Returns false where they overwrite instead.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Start<T>(float* sums, int stride, TResult* target, int rows, int columns, int firstColumn, bool isEmptySum)
        where T : unmanaged, ILanes<T>
    {
        if (beta == 0 && bias == null && !isEmptySum)
        {
            return false;
        }

        if (SumsInPlace && beta == 1 && bias == null)
        {
            return true;
        }

        T keep = T.Broadcast(beta);
        for (int row = 0; row < rows; row++)
        {
            TResult* from = target + ((long)row * strideC);
            float* to = sums + ((long)row * stride);
            for (int column = 0; column < columns; column += T.Count)
            {
                int count = Math.Min(T.Count, columns - column);
                T start = bias == null ? T.Zero : T.LoadPartial(bias + firstColumn + column, count);
                if (beta != 0)
                {
                    start = (keep * T.LoadPartial(from + column, count)) + start;
                }

                T.StorePartial(to + column, start, count);
            }
        }

        return true;
    }

    private void MultiplyChunk<TKernel, T>(
        float* sums, int stride, long place, int firstRow, int rows, int firstColumn, int columns, int term, int length, float* panels,
        bool add, bool finish)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        int tileColumns = 2 * T.Count;
        float* edge = panels;
        float* panelsA = edge + GemmPlan.LargestTile;
        float* panelsB = panelsA + (GemmPlan.ChunkLength * GemmPlan.RowRun);
        PackColumns<T>(panelsB, b, firstColumn, columns, term, length, tileColumns);
        for (int run = 0; run < rows; run += GemmPlan.RowRun)
        {
            int runRows = Math.Min(GemmPlan.RowRun, rows - run);
            PackRows<T>(panelsA, a, firstRow + run, runRows, term, length, TKernel.Rows);
            for (int column = 0; column < columns; column += tileColumns)
            {
                float* panelB = panelsB + ((long)column * length);
                for (int row = 0; row < runRows; row += TKernel.Rows)
                {
                    float* panelA = panelsA + ((long)row * length);
                    float* corner = sums + ((long)(run + row) * stride) + column;
                    int tileRows = Math.Min(TKernel.Rows, runRows - row);
                    int tileWidth = Math.Min(tileColumns, columns - column);
                    if (tileRows == TKernel.Rows && tileWidth == tileColumns)
                    {
                        TKernel.Run<T>(corner, stride, panelA, panelB, length, alpha, add);
                    }
                    else
                    {
                        TKernel.Run<T>(edge, tileColumns, panelA, panelB, length, alpha, add: false);
                        CopyEdge(corner, stride, edge, tileColumns, tileRows, tileWidth, add);
                    }

                    if (finish)
                    {
                        long part = place + ((long)(run + row) * strideC) + column;
                        epilogue.Run<T>(c, strideC, part, corner, stride, tileRows, tileWidth);
                    }
                }
            }
        }
    }

    private static void CopyEdge(float* corner, int stride, float* edge, int edgeStride, int rows, int columns, bool add)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                float value = edge[(row * edgeStride) + column];
                corner[((long)row * stride) + column] = add ? corner[((long)row * stride) + column] + value : value;
            }
        }
    }

    private static void PackRows<T>(float* target, Factor<TFactor> a, int row, int rows, int term, int length, int width)
        where T : unmanaged, ILanes<T>
    {
        bool isRowMajor = a.Layout == Operand.AsIs;
        Packing.Run<T, TFactor>(target, a.At(row, term), isRowMajor ? a.Stride : 1, isRowMajor ? 1 : a.Stride, rows, length, width);
    }

    private static void PackColumns<T>(float* target, Factor<TFactor> b, int column, int columns, int term, int length, int width)
        where T : unmanaged, ILanes<T>
    {
        bool isRowMajor = b.Layout == Operand.AsIs;
        Packing.Run<T, TFactor>(target, b.At(term, column), isRowMajor ? 1 : b.Stride, isRowMajor ? b.Stride : 1, columns, length, width);
    }
}
