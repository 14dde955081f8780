using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>The sum of squares of an array.</summary>
/// <remarks>
/// Runs of 256 elements are summed in single precision by sixteen lanes or fewer; everything above that, within a part and over
/// the parts, in double precision and in order.
/// </remarks>
internal static unsafe class SquaredNormKernel
{
    private const int PartLength = 32768, RunLength = 256;

    /// <summary>Doubles of workspace that <see cref="Run"/> needs.</summary>
    public static int WorkspaceCount(long count) => Parts.Count(count, PartLength);

    /// <summary>sum of x², using <see cref="WorkspaceCount"/> doubles of workspace.</summary>
    public static double Run<TX>(TX* x, long count, double* workspace, ThreadTeam team)
        where TX : unmanaged
    {
        int parts = WorkspaceCount(count);
        LaneDispatch.For(team, parts, new Kernel<TX>(workspace, x, count));
        double sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += workspace[part];
        }

        return sum;
    }

    private readonly struct Kernel<TX>(double* sums, TX* x, long count) : ILaneKernel
        where TX : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            long end = Math.Min(count, ((long)part + 1) * PartLength);
            double sum = 0;
            for (long run = (long)part * PartLength; run < end; run += RunLength)
            {
                int length = (int)Math.Min(RunLength, end - run), i = 0;
                T squares = T.Zero;
                for (; i <= length - T.Count; i += T.Count)
                {
                    T value = T.Load(x + run + i);
                    squares = T.MultiplyAdd(value, value, squares);
                }

                T last = T.LoadPartial(x + run + i, length - i);
                sum += T.Sum(T.MultiplyAdd(last, last, squares));
            }

            sums[part] = sum;
        }
    }
}
