using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>LayerNorm over rows of <c>channels</c> elements.</summary>
internal static unsafe class LayerNormKernel
{
    private const int PartElements = 16384;

    /// <summary>y = (x - mean) rstd weight + bias per row, with the row's mean and rstd = 1 / sqrt(variance + epsilon).</summary>
    /// <remarks>
    /// y, x: (rows, channels), y may be x; mean, rstd: (rows), outputs; weight, bias: (channels), null for ones and zeros.
    /// </remarks>
    public static void Forward<TStorage>(
        TStorage* y, float* mean, float* rstd, TStorage* x, TStorage* weight, TStorage* bias,
        int rows, int channels, float epsilon, ThreadTeam team)
        where TStorage : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(channels, PartElements);
        LaneDispatch.For(
            team, Parts.Count(rows, rowsPerPart),
            new ForwardPart<TStorage>(y, mean, rstd, x, weight, bias, rows, channels, epsilon, rowsPerPart));
    }

    /// <summary>Floats of workspace that <see cref="Backward"/> needs.</summary>
    public static long WorkspaceCount(int rows, int channels) => RowSums.WorkspaceCount(rows, channels);

    /// <summary>
    /// With xhat = (x - mean) rstd and g = dy weight: dx = rstd (g - mean(g) - xhat mean(g xhat)), dWeight = sum over rows of dy xhat,
    /// dBias = sum of dy; each + its beta times what it held. Null gradients are not computed.
    /// </summary>
    /// <remarks>
    /// dx, dy, x: (rows, channels), dx may be dy; dWeight, dBias, weight: (channels), a null weight means ones; mean, rstd: (rows),
    /// from forward; workspace: <see cref="WorkspaceCount"/> floats.
    /// </remarks>
    public static void Backward<TStorage, TGradient>(
        TStorage* dx, TGradient* dWeight, TGradient* dBias, TStorage* dy, TStorage* x, TStorage* weight, float* mean, float* rstd,
        int rows, int channels, float betaX, float betaWeight, float betaBias, float* workspace, ThreadTeam team)
        where TStorage : unmanaged
        where TGradient : unmanaged
    {
        float* partials = dWeight == null && dBias == null ? null : workspace;
        LaneDispatch.For(
            team, RowSums.PartCount(rows),
            new BackwardPart<TStorage>(dx, partials, dy, x, weight, mean, rstd, rows, channels, betaX));
        RowSums.Reduce(dWeight, dBias, partials, rows, channels, betaWeight, betaBias, team);
    }

    private readonly struct ForwardPart<TStorage>(
        TStorage* y, float* mean, float* rstd, TStorage* x, TStorage* weight, TStorage* bias,
        int rows, int channels, float epsilon, int rowsPerPart) : ILaneKernel
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
                rstd[row] = NormRow.Forward<T, TStorage, Centered>(
                    y + start, x + start, weight, bias, channels, epsilon, out float average);
                mean[row] = average;
            }
        }
    }

    // partials: (parts, 2, channels), the sums of dy xhat and of dy over the part's rows.
    private readonly struct BackwardPart<TStorage>(
        TStorage* dx, float* partials, TStorage* dy, TStorage* x, TStorage* weight, float* mean, float* rstd,
        int rows, int channels, float betaX) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            float* weightSum = RowSums.Begin(partials, part, channels);
            float* biasSum = weightSum + channels;
            int rowsPerPart = RowSums.RowsPerPart(rows);
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)row * channels;
                NormRow.Backward<T, TStorage, Centered>(
                    dx == null ? null : dx + start, weightSum, biasSum, dy + start, x + start, weight, mean[row], rstd[row],
                    channels, betaX);
            }
        }
    }
}
