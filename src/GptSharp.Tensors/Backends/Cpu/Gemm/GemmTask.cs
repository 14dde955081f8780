using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>One block of the result, or one slice of its sum.</summary>
/// <remarks>
/// The sum runs in chunks of <see cref="GemmPlan.ChunkLength"/> terms. Of one factor the panels are there already
/// (<see cref="SharedPanels{TFactor}"/>); of the other the task packs its own lines: its columns of b for the chunk (at most 384 KiB, for
/// the second-level cache), or its rows of a, <see cref="GemmPlan.RowRun"/> at a time. A panel of b stays near while those of a pass by. Sums
/// are floats from the first term to the last: in the result itself, or, for a result of BF16 or one that the epilogue still reads, in a block
/// beside it. The epilogue takes each tile after its last term. What the tiles and the next packing will need of memory is asked for while
/// tiles are computed (<see cref="ReadAhead"/>).
/// </remarks>
internal readonly unsafe struct GemmTask<TResult, TFactor>(
    TResult* c, int strideC, Factor<TFactor> a, Factor<TFactor> b, int m, int n, int k, float alpha, float beta, TFactor* bias,
    Epilogue<TResult> epilogue, GemmPlan plan)
    where TResult : unmanaged
    where TFactor : unmanaged
{
    private bool SumsInPlace => MatrixMultiplier.SumsInPlace(epilogue);

    /// <summary>Computes task <paramref name="index"/> of the plan's, for the terms of one round.</summary>
    /// <param name="index">Which.</param>
    /// <param name="sharedA">The panels of a for the terms of the round, if it is shared.</param>
    /// <param name="sharedB">The panels of b for the terms of the round, if it is shared.</param>
    /// <param name="panels">The thread's <see cref="GemmPlan.PanelFloats"/>.</param>
    /// <param name="sums">
    /// The sums, where the result does not hold them: the thread's <see cref="GemmPlan.BlockElements"/>; all (m, n) of them when there are
    /// several rounds.
    /// </param>
    /// <param name="team">How many threads take tasks: this one's next is likely to be as far behind. It changes no bit.</param>
    public void Run<TKernel, T>(int index, SharedPanels<TFactor> sharedA, SharedPanels<TFactor> sharedB, float* panels, float* sums, int team)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        Block block = BlockOf(index, sharedA.FirstTerm, sharedA.EndTerm);
        if (SumsInPlace)
        {
            block.Sums = (float*)c + block.Place;
            block.Stride = strideC;
        }
        else if (plan.RoundLength < k)
        {
            block.Sums = sums + ((long)block.FirstRow * n) + block.FirstColumn;
            block.Stride = n;
        }
        else
        {
            block.Sums = sums;
            block.Stride = plan.ColumnBlock;
        }

        bool isEmptySum = block.FirstTerm == block.EndTerm;
        bool add = sharedA.FirstTerm > 0 || Start<T>(block, isEmptySum);
        bool finishes = (!SumsInPlace || !epilogue.IsPlain) && (block.EndTerm == k || plan.Slices > 1);
        CacheLines afterwards = index + team < plan.TaskCount ? FirstOwnLines(BlockOf(index + team, sharedA.FirstTerm, sharedA.EndTerm)) : default;
        for (int term = block.FirstTerm; term < block.EndTerm; term += GemmPlan.ChunkLength)
        {
            bool isLast = term + GemmPlan.ChunkLength >= block.EndTerm;
            CacheLines next = isLast ? afterwards : OwnLines(block, 0, term + GemmPlan.ChunkLength);
            MultiplyChunk<TKernel, T>(block, sharedA, sharedB, term, panels, add, finish: finishes && isLast, next);
            add = true;
        }

        if (finishes && isEmptySum)
        {
            epilogue.Run<T>(c, strideC, block.Place, block.Sums, block.Stride, block.Rows, block.Columns); // an empty sum has no last term
        }
    }

    // What the products are added to: beta c + bias. Returns false where they overwrite instead.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Start<T>(in Block block, bool isEmptySum)
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
        for (int row = 0; row < block.Rows; row++)
        {
            TResult* from = c + block.Place + ((long)row * strideC);
            float* to = block.Sums + ((long)row * block.Stride);
            for (int column = 0; column < block.Columns; column += T.Count)
            {
                int count = Math.Min(T.Count, block.Columns - column);
                T start = bias == null ? T.Zero : T.LoadPartial(bias + block.FirstColumn + column, count);
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
        in Block block, SharedPanels<TFactor> sharedA, SharedPanels<TFactor> sharedB, int term, float* panels, bool add, bool finish,
        CacheLines nextChunk)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        int length = block.ChunkLength(term), steps = TKernel.Steps(length), tileColumns = 2 * T.Count;
        float* edge = panels;
        float* own = edge + GemmPlan.LargestTile;
        float* chunkA = sharedA.Chunk<TKernel>(term);
        float* panelsB = plan.SharesColumns ? sharedB.Chunk<TKernel>(term) + ((long)block.FirstColumn * steps) : own;
        ReadAhead ahead = default;
        if (!plan.SharesColumns)
        {
            TKernel.Pack<T, TFactor>(
                own, b.Columns(block.FirstColumn, term), block.Columns, length, tileColumns, (long)steps * tileColumns);
            ahead.Next = nextChunk;
        }

        for (int run = 0; run < block.Rows; run += GemmPlan.RowRun)
        {
            int runRows = Math.Min(GemmPlan.RowRun, block.Rows - run);
            float* panelsA = plan.SharesRows ? chunkA + ((long)(block.FirstRow + run) * steps) : own;
            if (!plan.SharesRows)
            {
                TKernel.Pack<T, TFactor>(
                    own, a.Rows(block.FirstRow + run, term), runRows, length, TKernel.Rows, (long)steps * TKernel.Rows);
                ahead.Next = run + runRows < block.Rows ? OwnLines(block, run + runRows, term) : nextChunk;
            }

            for (int column = 0; column < block.Columns; column += tileColumns)
            {
                float* panelB = panelsB + ((long)column * steps);
                for (int row = 0; row < runRows; row += TKernel.Rows)
                {
                    float* panelA = panelsA + ((long)row * steps);
                    float* corner = block.Sums + ((long)(run + row) * block.Stride) + column;
                    int tileRows = Math.Min(TKernel.Rows, runRows - row);
                    int tileWidth = Math.Min(tileColumns, block.Columns - column);
                    long place = block.Place + ((long)(run + row) * strideC) + column;
                    ahead.Tile = finish ? FinishedLines(place, tileRows, tileWidth) : CacheLines.Of(corner, tileRows, tileWidth, block.Stride);
                    if (tileRows == TKernel.Rows && tileWidth == tileColumns)
                    {
                        TKernel.Run<T>(corner, block.Stride, panelA, panelB, steps, alpha, add, ref ahead);
                    }
                    else
                    {
                        RunEdge<TKernel, T>(corner, block.Stride, panelA, panelB, steps, tileRows, tileWidth, edge, add, ref ahead);
                    }

                    if (finish)
                    {
                        epilogue.Run<T>(c, strideC, place, corner, block.Stride, tileRows, tileWidth);
                    }
                }
            }
        }
    }

    // Where the epilogue stores a tile, and what it reads or writes beside it.
    private CacheLines FinishedLines(long place, int rows, int columns)
    {
        CacheLines result = CacheLines.Of(c + place, rows, columns, strideC);
        TResult* operand = epilogue.OperandAt(place);
        return operand == null ? result : result.With(operand);
    }

    // What the task packs itself at a time: its columns of b, or some of its rows of a.
    private CacheLines OwnLines(in Block block, int run, int term) => plan.SharesRows
        ? CacheLines.Of(b.Columns(block.FirstColumn, term), block.Columns, block.ChunkLength(term))
        : CacheLines.Of(a.Rows(block.FirstRow + run, term), Math.Min(GemmPlan.RowRun, block.Rows - run), block.ChunkLength(term));

    private CacheLines FirstOwnLines(in Block block) => OwnLines(block, 0, block.FirstTerm);

    private Block BlockOf(int index, int firstTerm, int endTerm)
    {
        (int slice, int part) = Math.DivRem(index, plan.RowBlocks * plan.ColumnBlocks);
        (int rowBlock, int columnBlock) = Math.DivRem(part, plan.ColumnBlocks);
        int firstRow = rowBlock * plan.RowBlock, firstColumn = columnBlock * plan.ColumnBlock;
        return new Block
        {
            FirstRow = firstRow,
            Rows = Math.Min(plan.RowBlock, m - firstRow),
            FirstColumn = firstColumn,
            Columns = Math.Min(plan.ColumnBlock, n - firstColumn),
            FirstTerm = Math.Max(firstTerm, slice * plan.SliceLength),
            EndTerm = Math.Min(endTerm, Math.Min(k, (slice + 1) * plan.SliceLength)),
            Place = ((long)slice * m * n) + ((long)firstRow * strideC) + firstColumn,
        };
    }

    // A tile at the right or lower edge: four rows at a time unless that takes as long as all, beside the result where it is narrower.
    private void RunEdge<TKernel, T>(float* corner, int stride, float* panelA, float* panelB, int steps, int rows, int columns, float* edge, bool add,
        ref ReadAhead ahead)
        where TKernel : struct, IMicroKernel
        where T : unmanaged, ILanes<T>
    {
        int width = 2 * T.Count;
        if ((rows + FewRowsTile.Rows - 1) / FewRowsTile.Rows * FewRowsTile.Rows >= TKernel.Rows)
        {
            TKernel.Run<T>(edge, width, panelA, panelB, steps, alpha, add: false, ref ahead);
            CopyEdge(corner, stride, edge, width, rows, columns, add);
            return;
        }

        for (int row = 0; row < rows; row += FewRowsTile.Rows)
        {
            float* target = corner + ((long)row * stride);
            int present = Math.Min(FewRowsTile.Rows, rows - row);
            if (present == FewRowsTile.Rows && columns == width)
            {
                TKernel.RunFew<T>(target, stride, panelA + row, panelB, steps, alpha, add);
                continue;
            }

            TKernel.RunFew<T>(edge, width, panelA + row, panelB, steps, alpha, add: false);
            CopyEdge(target, stride, edge, width, present, columns, add);
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

    // The task's part of the result, and where its sums are.
    private ref struct Block
    {
        public int FirstRow;
        public int Rows;
        public int FirstColumn;
        public int Columns;
        public int FirstTerm;
        public int EndTerm;
        public long Place;
        public float* Sums;
        public int Stride;

        // Terms of the chunk that begins at one.
        public readonly int ChunkLength(int term) => Math.Min(GemmPlan.ChunkLength, EndTerm - term);
    }
}
