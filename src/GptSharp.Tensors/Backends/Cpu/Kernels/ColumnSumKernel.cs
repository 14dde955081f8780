using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>The sums of a matrix's columns: the gradient of a bias. Added in floats, rounded to the result's type once.</summary>
/// <remarks>The rows are cut into at most 64 runs, summed in order; then the runs are added in order, column by column.</remarks>
internal static unsafe class ColumnSumKernel
{
    private const int MaximumPartCount = 64, MinimumRowsPerPart = 16, ReductionColumns = 512;

    /// <summary>Floats of workspace that <see cref="Run"/> needs.</summary>
    public static long WorkspaceCount(long rows, int columns) => (long)columns * PartCount(rows);

    /// <summary>sums (columns) = column sums of x (rows, columns) + beta sums.</summary>
    public static void Run<TSum, TX>(TSum* sums, TX* x, long rows, int columns, float beta, float* workspace, ThreadTeam team)
        where TSum : unmanaged
        where TX : unmanaged
    {
        long rowsPerPart = RowsPerPart(rows);
        int parts = PartCount(rows);
        LaneDispatch.For(team, parts, new RowsPart<TX>(workspace, x, rows, columns, rowsPerPart));
        LaneDispatch.For(
            team, Parts.Count(columns, ReductionColumns), new ReductionPart<TSum>(sums, workspace, parts, columns, beta));
    }

    private static int PartCount(long rows) => Math.Max(1, Parts.Count(rows, RowsPerPart(rows)));

    private static long RowsPerPart(long rows) =>
        Math.Max(MinimumRowsPerPart, (rows + MaximumPartCount - 1) / MaximumPartCount);

    private readonly struct RowsPart<TX>(float* partials, TX* x, long rows, int columns, long rowsPerPart) : ILaneKernel
        where TX : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            float* target = partials + ((long)part * columns);
            new Span<float>(target, columns).Clear();
            long end = Math.Min(rows, (part + 1) * rowsPerPart);
            for (long row = part * rowsPerPart; row < end; row++)
            {
                AddRow<T, TX>(target, x + (row * columns), columns, 1);
            }
        }
    }

    private readonly struct ReductionPart<TSum>(TSum* sums, float* partials, int parts, int columns, float beta) : ILaneKernel
        where TSum : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * ReductionColumns;
            int count = Math.Min(ReductionColumns, columns - first);
            float* total = partials + first; // the first run's row becomes the total
            for (int run = 1; run < parts; run++)
            {
                AddRow<T, float>(total, partials + ((long)run * columns) + first, count, 1);
            }

            if (beta != 0)
            {
                AddRow<T, TSum>(total, sums + first, count, beta);
            }

            for (int i = 0; i < count; i += T.Count)
            {
                int present = Math.Min(T.Count, count - i);
                T.StorePartial(sums + first + i, T.LoadPartial(total + i, present), present);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<T, TRow>(float* target, TRow* row, int count, float factor)
        where T : unmanaged, ILanes<T>
        where TRow : unmanaged
    {
        T scale = T.Broadcast(factor);
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(target + i, T.MultiplyAdd(scale, T.Load(row + i), T.Load(target + i)));
        }

        int rest = count - i;
        T last = T.MultiplyAdd(scale, T.LoadPartial(row + i, rest), T.LoadPartial(target + i, rest));
        T.StorePartial(target + i, last, rest);
    }
}
