using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>RMSNorm of every query head and every key head of packed queries, keys and values; values pass through.</summary>
internal static unsafe class HeadNormKernel
{
    private const int PartElements = 16384;

    /// <summary>y = x rrms weight per head, with the head's rrms = 1 / sqrt(mean(x²) + epsilon) and the weight of its kind.</summary>
    /// <remarks>y, x: (rows, (H + 2 G) D), y may be x; rrms: (rows, H + G), an output; queryWeight, keyWeight: (D).</remarks>
    public static void Forward<TStorage>(
        TStorage* y, float* rrms, TStorage* x, TStorage* queryWeight, TStorage* keyWeight, HeadShape shape, float epsilon,
        ThreadTeam team)
        where TStorage : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(shape.Width, PartElements);
        LaneDispatch.For(
            team, Parts.Count(shape.Rows, rowsPerPart),
            new ForwardPart<TStorage>(y, rrms, x, queryWeight, keyWeight, shape, epsilon, rowsPerPart));
    }

    /// <summary>Floats of workspace that <see cref="Backward"/> needs.</summary>
    public static long WorkspaceCount(HeadShape shape) => RowSums.WorkspaceCount(shape.Rows, shape.HeadSize);

    /// <summary>
    /// <see cref="RMSNormKernel.Backward"/> per head; a weight's gradient sums over its heads and the rows. Each gradient = its formula +
    /// its beta times what it held; null gradients are not computed.
    /// </summary>
    /// <remarks>
    /// dx, dy, x: (rows, (H + 2 G) D), dx may be dy; dQueryWeight, dKeyWeight, queryWeight, keyWeight: (D); rrms: (rows, H + G), from
    /// forward; workspace: <see cref="WorkspaceCount"/> floats.
    /// </remarks>
    public static void Backward<TStorage, TGradient>(
        TStorage* dx, TGradient* dQueryWeight, TGradient* dKeyWeight, TStorage* dy, TStorage* x, TStorage* queryWeight,
        TStorage* keyWeight, float* rrms, HeadShape shape, float betaX, float betaQueryWeight, float betaKeyWeight,
        float* workspace, ThreadTeam team)
        where TStorage : unmanaged
        where TGradient : unmanaged
    {
        float* partials = dQueryWeight == null && dKeyWeight == null ? null : workspace;
        LaneDispatch.For(
            team, RowSums.PartCount(shape.Rows),
            new BackwardPart<TStorage>(dx, partials, dy, x, queryWeight, keyWeight, rrms, shape, betaX));
        RowSums.Reduce(
            dQueryWeight, dKeyWeight, partials, shape.Rows, shape.HeadSize, betaQueryWeight, betaKeyWeight, team);
    }

    private readonly struct ForwardPart<TStorage>(
        TStorage* y, float* rrms, TStorage* x, TStorage* queryWeight, TStorage* keyWeight, HeadShape shape, float epsilon,
        int rowsPerPart) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int size = shape.HeadSize, heads = shape.ScoreHeads, queries = shape.QueryHeads;
            int first = part * rowsPerPart, end = Math.Min(shape.Rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)shape.Width * row;
                for (int h = 0; h < heads; h++)
                {
                    long head = start + (h * size);
                    rrms[((long)heads * row) + h] = NormRow.Forward<T, TStorage, Uncentered>(
                        y + head, x + head, h < queries ? queryWeight : keyWeight, null, size, epsilon, out _);
                }

                PassThrough.Run<T, TStorage>(y + start + shape.ValueStart, x + start + shape.ValueStart, shape.ValueWidth, 0);
            }
        }
    }

    // partials: (parts, 2, D), the sums of dy xhat over the query heads and over the key heads of the part's rows.
    private readonly struct BackwardPart<TStorage>(
        TStorage* dx, float* partials, TStorage* dy, TStorage* x, TStorage* queryWeight, TStorage* keyWeight, float* rrms,
        HeadShape shape, float betaX) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int size = shape.HeadSize, heads = shape.ScoreHeads, queries = shape.QueryHeads;
            float* querySum = RowSums.Begin(partials, part, size);
            float* keySum = querySum == null ? null : querySum + size;
            int rowsPerPart = RowSums.RowsPerPart(shape.Rows);
            int first = part * rowsPerPart, end = Math.Min(shape.Rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)shape.Width * row;
                for (int h = 0; h < heads; h++)
                {
                    long head = start + (h * size);
                    bool isQuery = h < queries;
                    NormRow.Backward<T, TStorage, Uncentered>(
                        dx == null ? null : dx + head, isQuery ? querySum : keySum, null, dy + head, x + head,
                        isQuery ? queryWeight : keyWeight, 0, rrms[((long)heads * row) + h], size, betaX);
                }

                if (dx != null)
                {
                    long values = start + shape.ValueStart;
                    PassThrough.Run<T, TStorage>(dx + values, dy + values, shape.ValueWidth, betaX);
                }
            }
        }
    }
}
