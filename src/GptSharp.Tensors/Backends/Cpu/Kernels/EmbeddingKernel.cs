using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Rows looked up in a table, and what flows back into it, added in floats and rounded once. The indices must lie inside the table.
/// </summary>
internal static unsafe class EmbeddingKernel
{
    private const int PartElements = 16384;

    // A table of fewer rows is cut by columns as well, a sixteenth of the row each, in whole cache lines.
    private const int SmallTable = 1024;

    /// <summary>y[i] = table[indices[i]] + positions[i mod period]; positions may be null.</summary>
    /// <remarks>y: (rows, channels); indices: (rows); table: (any, channels); positions: (at least period, channels).</remarks>
    public static void Forward<TStorage>(
        TStorage* y, int* indices, TStorage* table, TStorage* positions, int rows, int period, int channels, ThreadTeam team)
        where TStorage : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart<TStorage>(y, indices, table, positions, rows, period, channels, rowsPerPart));
    }

    /// <summary>The same from a table in <see cref="WeightPanels"/>.</summary>
    public static void ForwardFromPanels<TStorage>(
        TStorage* y, int* indices, TStorage* table, TStorage* positions, int rows, int period, int channels, ThreadTeam team)
        where TStorage : unmanaged
    {
        DType type = typeof(TStorage) == typeof(BF16) ? DType.BF16 : DType.F32;
        for (int row = 0; row < rows; row++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                float value = Stored.Load(table + WeightPanels.IndexOf(indices[row], channel, channels, type, team.Path));
                float position = positions == null ? 0 : Stored.Load(positions + ((long)(row % period) * channels) + channel);
                Stored.Store(y + ((long)row * channels) + channel, positions == null ? value : value + position);
            }
        }
    }

    /// <summary>Integers of workspace that <see cref="Backward{TGradient, TY}"/> needs.</summary>
    public static long WorkspaceCount(int rows, int tableRows) => (long)rows + tableRows;

    /// <summary>dTable[v] = sum of dy[i] over indices[i] = v, in the order of i, + beta dTable[v].</summary>
    /// <remarks>
    /// dTable: (tableRows, channels); dy: (rows, channels). Rows that no index names are cleared when beta is 0. The workspace holds, for
    /// each row of the table, a list of the i that name it, so that each row is added up in registers and written once.
    /// </remarks>
    public static void Backward<TGradient, TY>(
        TGradient* dTable, TY* dy, int* indices, int rows, int tableRows, int channels, float beta, int* workspace, ThreadTeam team)
        where TGradient : unmanaged
        where TY : unmanaged
    {
        int* first = workspace, next = workspace + tableRows;
        List(first, next, indices, rows, tableRows);
        int columnsPerPart = tableRows < SmallTable ? Math.Max(16, (channels + 255) / 256 * 16) : channels;
        int columnParts = Parts.Count(channels, columnsPerPart), rowsPerPart = Parts.RowsOf(columnsPerPart, PartElements);
        LaneDispatch.For(
            team, checked(columnParts * Parts.Count(tableRows, rowsPerPart)),
            new BackwardPart<TGradient, TY>(dTable, dy, first, next, tableRows, channels, beta, columnParts, columnsPerPart, rowsPerPart));
    }

    /// <summary>dPositions[t] = sum over b of dy[b, t], in the order of b, + beta dPositions[t]; rows from time on get no sum.</summary>
    /// <remarks>dPositions: (tableRows, channels), tableRows at least time; dy: (batch, time, channels).</remarks>
    public static void PositionBackward<TGradient, TY>(
        TGradient* dPositions, TY* dy, int batch, int time, int tableRows, int channels, float beta, ThreadTeam team)
        where TGradient : unmanaged
        where TY : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements / Math.Max(1, batch));
        LaneDispatch.For(
            team, Parts.Count(tableRows, rowsPerPart),
            new PositionPart<TGradient, TY>(dPositions, dy, batch, time, tableRows, channels, beta, rowsPerPart));
    }

    // first[v] is the first i with indices[i] = v, next[i] the one after i; -1 ends the list.
    private static void List(int* first, int* next, int* indices, int rows, int tableRows)
    {
        new Span<int>(first, tableRows).Fill(-1);
        for (int i = rows - 1; i >= 0; i--)
        {
            next[i] = first[indices[i]];
            first[indices[i]] = i;
        }
    }

    private readonly struct ForwardPart<TStorage>(
        TStorage* y, int* indices, TStorage* table, TStorage* positions, int rows, int period, int channels, int rowsPerPart)
        : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                TStorage* target = y + ((long)row * channels), source = table + ((long)indices[row] * channels);
                if (positions == null)
                {
                    new Span<TStorage>(source, channels).CopyTo(new Span<TStorage>(target, channels));
                    continue;
                }

                TStorage* position = positions + ((long)(row % period) * channels);
                int c = 0;
                for (; c <= channels - T.Count; c += T.Count)
                {
                    T.Store(target + c, T.Load(source + c) + T.Load(position + c));
                }

                int rest = channels - c;
                T.StorePartial(target + c, T.LoadPartial(source + c, rest) + T.LoadPartial(position + c, rest), rest);
            }
        }
    }

    private readonly struct BackwardPart<TGradient, TY>(
        TGradient* dTable, TY* dy, int* first, int* next, int tableRows, int channels, float beta,
        int columnParts, int columnsPerPart, int rowsPerPart) : ILaneKernel
        where TGradient : unmanaged
        where TY : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            (int rowPart, int columnPart) = Math.DivRem(part, columnParts);
            int firstColumn = columnPart * columnsPerPart, columns = Math.Min(columnsPerPart, channels - firstColumn);
            int firstRow = rowPart * rowsPerPart, end = Math.Min(tableRows, firstRow + rowsPerPart);
            for (int v = firstRow; v < end; v++)
            {
                TGradient* target = dTable + ((long)v * channels) + firstColumn;
                if (first[v] >= 0)
                {
                    SumRow<T>(target, dy + firstColumn, first[v], columns);
                }
                else if (beta == 0)
                {
                    new Span<TGradient>(target, columns).Clear();
                }
                else if (beta != 1)
                {
                    SumRow<T>(target, dy + firstColumn, -1, columns);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void SumRow<T>(TGradient* target, TY* source, int start, int columns)
            where T : unmanaged, ILanes<T>
        {
            T keep = T.Broadcast(beta);
            int c = 0;
            for (; c <= columns - (2 * T.Count); c += 2 * T.Count)
            {
                T left = beta == 0 ? T.Zero : keep * T.Load(target + c);
                T right = beta == 0 ? T.Zero : keep * T.Load(target + c + T.Count);
                for (int i = start; i >= 0; i = next[i])
                {
                    TY* from = source + ((long)i * channels) + c;
                    left += T.Load(from);
                    right += T.Load(from + T.Count);
                }

                T.Store(target + c, left);
                T.Store(target + c + T.Count, right);
            }

            for (; c < columns; c += T.Count)
            {
                int count = Math.Min(T.Count, columns - c);
                T sum = beta == 0 ? T.Zero : keep * T.LoadPartial(target + c, count);
                for (int i = start; i >= 0; i = next[i])
                {
                    sum += T.LoadPartial(source + ((long)i * channels) + c, count);
                }

                T.StorePartial(target + c, sum, count);
            }
        }
    }

    private readonly struct PositionPart<TGradient, TY>(
        TGradient* dPositions, TY* dy, int batch, int time, int tableRows, int channels, float beta, int rowsPerPart)
        : ILaneKernel
        where TGradient : unmanaged
        where TY : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            T keep = T.Broadcast(beta);
            int first = part * rowsPerPart, end = Math.Min(tableRows, first + rowsPerPart);
            for (int t = first; t < end; t++)
            {
                TGradient* target = dPositions + ((long)t * channels);
                for (int c = 0; c < channels; c += T.Count)
                {
                    int count = Math.Min(T.Count, channels - c);
                    T sum = T.Zero;
                    for (int b = 0; b < batch && t < time; b++)
                    {
                        sum += T.LoadPartial(dy + ((((long)b * time) + t) * channels) + c, count);
                    }

                    sum = beta == 0 ? sum : T.MultiplyAdd(keep, T.LoadPartial(target + c, count), sum);
                    T.StorePartial(target + c, sum, count);
                }
            }
        }
    }
}
