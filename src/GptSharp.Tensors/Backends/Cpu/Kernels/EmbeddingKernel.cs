using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Rows looked up in a table, and what flows back into it. The indices must lie inside the table.</summary>
internal static unsafe class EmbeddingKernel
{
    private const int PartElements = 16384;

    /// <summary>y[i] = table[indices[i]] + positions[i mod period]; positions may be null.</summary>
    /// <remarks>y: (rows, channels); indices: (rows); table: (any, channels); positions: (at least period, channels).</remarks>
    public static void Forward(
        float* y, int* indices, float* table, float* positions, int rows, int period, int channels, ThreadTeam team)
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart(y, indices, table, positions, rows, period, channels, rowsPerPart));
    }

    /// <summary>dTable[v] = sum of dy[i] over indices[i] = v, in the order of i, + beta dTable[v].</summary>
    /// <remarks>
    /// dTable: (tableRows, channels); dy: (rows, channels). Rows that no index names are cleared when beta is 0. Each part owns a
    /// range of columns and walks all the rows, so no two parts write the same place and the order of the sums is fixed.
    /// </remarks>
    public static void Backward(
        float* dTable, float* dy, int* indices, int rows, int tableRows, int channels, float beta, ThreadTeam team)
    {
        if (beta == 0)
        {
            ElementwiseKernels.Fill(dTable, (long)tableRows * channels, 0, team);
        }
        else if (beta != 1)
        {
            ElementwiseKernels.Scale(dTable, dTable, (long)tableRows * channels, beta, 0, team);
        }

        int columns = ColumnsPerPart(channels);
        LaneDispatch.For(
            team, Parts.Count(channels, columns), new BackwardPart(dTable, dy, indices, rows, channels, columns));
    }

    /// <summary>dPositions[t] = sum over b of dy[b, t], in the order of b, + beta dPositions[t]; rows from time on get no sum.</summary>
    /// <remarks>dPositions: (tableRows, channels), tableRows at least time; dy: (batch, time, channels).</remarks>
    public static void PositionBackward(
        float* dPositions, float* dy, int batch, int time, int tableRows, int channels, float beta, ThreadTeam team)
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements / Math.Max(1, batch));
        LaneDispatch.For(
            team, Parts.Count(tableRows, rowsPerPart),
            new PositionPart(dPositions, dy, batch, time, tableRows, channels, beta, rowsPerPart));
    }

    // A sixteenth of the row, in whole cache lines.
    private static int ColumnsPerPart(int channels) => Math.Max(16, (channels + 255) / 256 * 16);

    private readonly struct ForwardPart(
        float* y, int* indices, float* table, float* positions, int rows, int period, int channels, int rowsPerPart)
        : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                float* target = y + ((long)row * channels), source = table + ((long)indices[row] * channels);
                if (positions == null)
                {
                    new Span<float>(source, channels).CopyTo(new Span<float>(target, channels));
                    continue;
                }

                float* position = positions + ((long)(row % period) * channels);
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

    private readonly struct BackwardPart(
        float* dTable, float* dy, int* indices, int rows, int channels, int columnsPerPart) : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * columnsPerPart, count = Math.Min(columnsPerPart, channels - first);
            for (int row = 0; row < rows; row++)
            {
                float* target = dTable + ((long)indices[row] * channels) + first;
                float* source = dy + ((long)row * channels) + first;
                int c = 0;
                for (; c <= count - T.Count; c += T.Count)
                {
                    T.Store(target + c, T.Load(target + c) + T.Load(source + c));
                }

                if (c < count)
                {
                    int rest = count - c;
                    T.StorePartial(target + c, T.LoadPartial(target + c, rest) + T.LoadPartial(source + c, rest), rest);
                }
            }
        }
    }

    private readonly struct PositionPart(
        float* dPositions, float* dy, int batch, int time, int tableRows, int channels, float beta, int rowsPerPart)
        : ILaneKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            T keep = T.Broadcast(beta);
            int first = part * rowsPerPart, end = Math.Min(tableRows, first + rowsPerPart);
            for (int t = first; t < end; t++)
            {
                float* target = dPositions + ((long)t * channels);
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
