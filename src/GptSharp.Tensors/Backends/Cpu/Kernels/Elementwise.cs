using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>A function of one element of each of two arrays.</summary>
internal interface ILaneFunction
{
    public T Apply<T>(T a, T b)
        where T : unmanaged, ILanes<T>;
}

/// <summary>y = f(a, b) + beta y over arrays of any length, stored as float or BF16; y may be a or b.</summary>
internal static unsafe class Elementwise
{
    // 32 KiB per array of floats: parts small enough to balance, long enough to dwarf the hand-over.
    private const int PartLength = 8192;

    /// <summary>y[i] = f(a[i], b[i]) + beta y[i]; y is not read when <paramref name="beta"/> is 0.</summary>
    public static void Run<TY, TX, TFunction>(
        TY* y, TX* a, TX* b, long count, TFunction function, float beta, ThreadTeam team)
        where TY : unmanaged
        where TX : unmanaged
        where TFunction : struct, ILaneFunction =>
        LaneDispatch.For(
            team, Parts.Count(count, PartLength), new Kernel<TY, TX, TFunction>(y, a, b, count, function, beta));

    /// <summary>y[i] = f(x[i]) + beta y[i], for a function that ignores its second argument.</summary>
    public static void Run<TY, TX, TFunction>(TY* y, TX* x, long count, TFunction function, float beta, ThreadTeam team)
        where TY : unmanaged
        where TX : unmanaged
        where TFunction : struct, ILaneFunction => Run(y, x, x, count, function, beta, team);

    private readonly struct Kernel<TY, TX, TFunction>(
        TY* y, TX* a, TX* b, long count, TFunction function, float beta) : ILaneKernel
        where TY : unmanaged
        where TX : unmanaged
        where TFunction : struct, ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            long start = (long)part * PartLength;
            int length = (int)Math.Min(PartLength, count - start), i = 0;
            TY* target = y + start;
            TX* left = a + start, right = b + start;
            TFunction f = function;
            if (beta == 0)
            {
                for (; i <= length - T.Count; i += T.Count)
                {
                    T.Store(target + i, f.Apply(T.Load(left + i), T.Load(right + i)));
                }

                int rest = length - i;
                T last = f.Apply(T.LoadPartial(left + i, rest), T.LoadPartial(right + i, rest));
                T.StorePartial(target + i, last, rest);
            }
            else
            {
                T scale = T.Broadcast(beta);
                for (; i <= length - T.Count; i += T.Count)
                {
                    T value = f.Apply(T.Load(left + i), T.Load(right + i));
                    T.Store(target + i, T.MultiplyAdd(scale, T.Load(target + i), value));
                }

                int rest = length - i;
                T last = f.Apply(T.LoadPartial(left + i, rest), T.LoadPartial(right + i, rest));
                T.StorePartial(target + i, T.MultiplyAdd(scale, T.LoadPartial(target + i, rest), last), rest);
            }
        }
    }
}
