using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Sums over rows, for the gradients of a norm's parameters. The rows are cut into at most <see cref="MaximumPartCount"/> runs; each sums
/// its rows in order into vectors of its own, then the runs are added in order, column by column.
/// </summary>
internal static unsafe class RowSums
{
    /// <summary>Runs of rows at most, whatever their number: it bounds the workspace.</summary>
    public const int MaximumPartCount = 64;

    private const int MinimumRowsPerPart = 8, ReductionColumns = 128;

    /// <summary>Rows of one run.</summary>
    public static int RowsPerPart(int rows) => Math.Max(MinimumRowsPerPart, (rows + MaximumPartCount - 1) / MaximumPartCount);

    /// <summary>Runs of rows.</summary>
    public static int PartCount(int rows) => Parts.Count(rows, RowsPerPart(rows));

    /// <summary>Floats that the runs' sums take: two vectors of <paramref name="columns"/> each.</summary>
    public static long WorkspaceCount(int rows, int columns) => 2L * columns * PartCount(rows);

    /// <summary>A run's two vectors, cleared; null without a workspace.</summary>
    public static float* Begin(float* partials, int part, int columns)
    {
        if (partials == null)
        {
            return null;
        }

        float* sums = partials + (2L * columns * part);
        new Span<float>(sums, 2 * columns).Clear();
        return sums;
    }

    /// <summary>Each gradient = the sum of its vectors over the runs + its beta times what it held; null gradients are not computed.</summary>
    /// <remarks>first, second: (columns); partials: (parts, 2, columns), not read if null.</remarks>
    public static void Reduce<TGradient>(
        TGradient* first, TGradient* second, float* partials, int rows, int columns, float betaFirst, float betaSecond, ThreadTeam team)
        where TGradient : unmanaged
    {
        if (partials != null)
        {
            LaneDispatch.For(
                team, Parts.Count(columns, ReductionColumns),
                new ReductionPart<TGradient>(first, second, partials, PartCount(rows), columns, betaFirst, betaSecond));
        }
    }

    private readonly struct ReductionPart<TGradient>(
        TGradient* first, TGradient* second, float* partials, int partCount, int columns, float betaFirst, float betaSecond)
        : ILaneKernel
        where TGradient : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int start = part * ReductionColumns, end = Math.Min(columns, start + ReductionColumns);
            for (int c = start; c < end; c += T.Count)
            {
                int count = Math.Min(T.Count, end - c);
                Reduce<T>(first, partials, betaFirst, c, count);
                Reduce<T>(second, partials + columns, betaSecond, c, count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Reduce<T>(TGradient* gradient, float* sums, float beta, int c, int count)
            where T : unmanaged, ILanes<T>
        {
            if (gradient == null)
            {
                return;
            }

            T sum = T.Zero;
            for (int p = 0; p < partCount; p++)
            {
                sum += T.LoadPartial(sums + (2L * columns * p) + c, count);
            }

            if (beta != 0)
            {
                sum = T.MultiplyAdd(T.Broadcast(beta), T.LoadPartial(gradient + c, count), sum);
            }

            T.StorePartial(gradient + c, sum, count);
        }
    }
}
