using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Sums, multiples, copies and constants of whole arrays.</summary>
internal static unsafe class ElementwiseKernels
{
    // Plain memory traffic needs no arithmetic to hide behind: larger parts.
    private const int CopyPartLength = 65536;

    /// <summary>y = a + b; y may be a or b.</summary>
    public static void Add<TStorage>(TStorage* y, TStorage* a, TStorage* b, long count, ThreadTeam team)
        where TStorage : unmanaged =>
        Elementwise.Run(y, a, b, count, default(Sum), 0, team);

    /// <summary>y = factor x + beta y; y is not read when <paramref name="beta"/> is 0.</summary>
    public static void Scale<TY, TX>(TY* y, TX* x, long count, float factor, float beta, ThreadTeam team)
        where TY : unmanaged
        where TX : unmanaged =>
        Elementwise.Run(y, x, count, new Multiple(factor), beta, team);

    /// <summary>y = value.</summary>
    public static void Fill<TElement>(TElement* y, long count, TElement value, ThreadTeam team)
        where TElement : unmanaged =>
        team.For(Parts.Count(count, CopyPartLength), new FillPart<TElement>(y, count, value));

    /// <summary>y = x, elements of any type; the arrays do not overlap.</summary>
    public static void Copy<TElement>(TElement* y, TElement* x, long count, ThreadTeam team)
        where TElement : unmanaged =>
        team.For(Parts.Count(count, CopyPartLength), new CopyPart<TElement>(y, x, count));

    private readonly struct Sum : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T> => a + b;
    }

    private readonly struct Multiple(float factor) : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T a, T b)
            where T : unmanaged, ILanes<T> => a * T.Broadcast(factor);
    }

    private readonly struct FillPart<TElement>(TElement* y, long count, TElement value) : IParallelBody
        where TElement : unmanaged
    {
        public void Run(int index)
        {
            long start = (long)index * CopyPartLength;
            new Span<TElement>(y + start, (int)Math.Min(CopyPartLength, count - start)).Fill(value);
        }
    }

    private readonly struct CopyPart<TElement>(TElement* y, TElement* x, long count) : IParallelBody
        where TElement : unmanaged
    {
        public void Run(int index)
        {
            long start = (long)index * CopyPartLength;
            int length = (int)Math.Min(CopyPartLength, count - start);
            new Span<TElement>(x + start, length).CopyTo(new Span<TElement>(y + start, length));
        }
    }
}
