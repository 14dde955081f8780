using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>RMSNorm over rows of <c>channels</c> elements.</summary>
internal static unsafe class RMSNormKernel
{
    private const int PartElements = 16384;

    /// <summary>y = x rrms weight per row, with the row's rrms = 1 / sqrt(mean(x²) + epsilon).</summary>
    /// <remarks>y, x: (rows, channels), y may be x; rrms: (rows), an output; weight: (channels).</remarks>
    public static void Forward<TStorage>(
        TStorage* y, float* rrms, TStorage* x, TStorage* weight, int rows, int channels, float epsilon, ThreadTeam team)
        where TStorage : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart<TStorage>(y, rrms, x, weight, rows, channels, epsilon, rowsPerPart));
    }

    /// <summary>Floats of workspace that <see cref="Backward"/> needs.</summary>
    public static long WorkspaceCount(int rows, int channels) => RowSums.WorkspaceCount(rows, channels);

    /// <summary>
    /// With xhat = x rrms and g = dy weight: dx = rrms (g - xhat mean(g xhat)), dWeight = sum over rows of dy xhat; each + its beta times
    /// what it held. Null gradients are not computed.
    /// </summary>
    /// <remarks>
    /// dx, dy, x: (rows, channels), dx may be dy; dWeight, weight: (channels); rrms: (rows), from forward; workspace:
    /// <see cref="WorkspaceCount"/> floats.
    /// </remarks>
    public static void Backward<TStorage, TGradient>(
        TStorage* dx, TGradient* dWeight, TStorage* dy, TStorage* x, TStorage* weight, float* rrms,
        int rows, int channels, float betaX, float betaWeight, float* workspace, ThreadTeam team)
        where TStorage : unmanaged
        where TGradient : unmanaged
    {
        float* partials = dWeight == null ? null : workspace;
        LaneDispatch.For(
            team, RowSums.PartCount(rows), new BackwardPart<TStorage>(dx, partials, dy, x, weight, rrms, rows, channels, betaX));
        RowSums.Reduce(dWeight, null, partials, rows, channels, betaWeight, 0, team);
    }

    private readonly struct ForwardPart<TStorage>(
        TStorage* y, float* rrms, TStorage* x, TStorage* weight, int rows, int channels, float epsilon, int rowsPerPart) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)row * channels;
                rrms[row] = NormRow.Forward<T, TStorage, Uncentered>(y + start, x + start, weight, null, channels, epsilon, out _);
            }
        }
    }

    // partials: (parts, 2, channels), of which the first vector is used: the sum of dy xhat over the part's rows.
    private readonly struct BackwardPart<TStorage>(
        TStorage* dx, float* partials, TStorage* dy, TStorage* x, TStorage* weight, float* rrms, int rows, int channels, float betaX)
        : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            float* weightSum = RowSums.Begin(partials, part, channels);
            int rowsPerPart = RowSums.RowsPerPart(rows);
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)row * channels;
                NormRow.Backward<T, TStorage, Uncentered>(
                    dx == null ? null : dx + start, weightSum, null, dy + start, x + start, weight, 0, rrms[row], channels, betaX);
            }
        }
    }
}
