using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Rows (a, b) of two halves, one gated by a function of the other, forward and backward from x.</summary>
internal static unsafe class GatedUnitKernel
{
    private const int PartElements = 16384;

    /// <summary>y = f(a) b per row.</summary>
    /// <remarks>y: (rows, width); x: (rows, 2 width), gates first.</remarks>
    public static void Forward<TStorage>(
        TStorage* y, TStorage* x, int rows, int width, ActivationFunction gate, ThreadTeam team)
        where TStorage : unmanaged =>
        ActivationDispatch.Run(gate, new ForwardUse<TStorage>(y, x, rows, width, team));

    /// <summary>dx = (f'(a) b dy, f(a) dy) + beta dx per row.</summary>
    /// <remarks>dx, x: (rows, 2 width), gates first; dy: (rows, width).</remarks>
    public static void Backward<TStorage>(
        TStorage* dx, TStorage* dy, TStorage* x, int rows, int width, ActivationFunction gate, float beta, ThreadTeam team)
        where TStorage : unmanaged =>
        ActivationDispatch.Run(gate, new BackwardUse<TStorage>(dx, dy, x, rows, width, beta, team));

    private static int RowsPerPart(int width) => Parts.RowsOf(2 * width, PartElements);

    private readonly struct ForwardUse<TStorage>(TStorage* y, TStorage* x, int rows, int width, ThreadTeam team) : IActivationUse
        where TStorage : unmanaged
    {
        public void Run<TGate>()
            where TGate : struct, IActivation =>
            LaneDispatch.For(
                team, Parts.Count(rows, RowsPerPart(width)), new ForwardPart<TStorage, TGate>(y, x, rows, width));
    }

    private readonly struct BackwardUse<TStorage>(
        TStorage* dx, TStorage* dy, TStorage* x, int rows, int width, float beta, ThreadTeam team) : IActivationUse
        where TStorage : unmanaged
    {
        public void Run<TGate>()
            where TGate : struct, IActivation =>
            LaneDispatch.For(
                team, Parts.Count(rows, RowsPerPart(width)), new BackwardPart<TStorage, TGate>(dx, dy, x, rows, width, beta));
    }

    private readonly struct ForwardPart<TStorage, TGate>(TStorage* y, TStorage* x, int rows, int width) : ILaneKernel
        where TStorage : unmanaged
        where TGate : struct, IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int rowsPerPart = RowsPerPart(width);
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                TStorage* a = x + (2L * width * row), b = a + width, target = y + ((long)width * row);
                int f = 0;
                for (; f <= width - T.Count; f += T.Count)
                {
                    T.Store(target + f, TGate.Value(T.Load(a + f)) * T.Load(b + f));
                }

                if (f < width)
                {
                    int rest = width - f;
                    T last = TGate.Value(T.LoadPartial(a + f, rest)) * T.LoadPartial(b + f, rest);
                    T.StorePartial(target + f, last, rest);
                }
            }
        }
    }

    private readonly struct BackwardPart<TStorage, TGate>(
        TStorage* dx, TStorage* dy, TStorage* x, int rows, int width, float beta) : ILaneKernel
        where TStorage : unmanaged
        where TGate : struct, IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int rowsPerPart = RowsPerPart(width);
            int first = part * rowsPerPart, end = Math.Min(rows, first + rowsPerPart);
            T scale = T.Broadcast(beta);
            for (int row = first; row < end; row++)
            {
                TStorage* a = x + (2L * width * row), b = a + width, upstream = dy + ((long)width * row);
                TStorage* da = dx + (2L * width * row), db = da + width;
                int f = 0;
                for (; f <= width - T.Count; f += T.Count)
                {
                    T g = T.Load(upstream + f);
                    T left = g * T.Load(b + f) * TGate.Slope(T.Load(a + f), out T value), right = g * value;
                    T.Store(da + f, beta == 0 ? left : T.MultiplyAdd(scale, T.Load(da + f), left));
                    T.Store(db + f, beta == 0 ? right : T.MultiplyAdd(scale, T.Load(db + f), right));
                }

                if (f < width)
                {
                    int rest = width - f;
                    T g = T.LoadPartial(upstream + f, rest);
                    T left = g * T.LoadPartial(b + f, rest) * TGate.Slope(T.LoadPartial(a + f, rest), out T value);
                    T right = g * value;
                    left = beta == 0 ? left : T.MultiplyAdd(scale, T.LoadPartial(da + f, rest), left);
                    right = beta == 0 ? right : T.MultiplyAdd(scale, T.LoadPartial(db + f, rest), right);
                    T.StorePartial(da + f, left, rest);
                    T.StorePartial(db + f, right, rest);
                }
            }
        }
    }
}
