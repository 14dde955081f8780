using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Sums, multiples, copies and constants of whole arrays.</summary>
internal static unsafe class ElementwiseKernels
{
    // Plain memory traffic needs no arithmetic to hide behind: larger parts.
    private const int CopyPartLength = 65536;

    /// <summary>y = a + b; y may be a or b.</summary>
    public static void Add(float* y, float* a, float* b, long count, ThreadTeam team) =>
        Elementwise.Run(y, a, b, count, default(Sum), 0, team);

    /// <summary>y = factor x + beta y; y is not read when <paramref name="beta"/> is 0.</summary>
    public static void Scale(float* y, float* x, long count, float factor, float beta, ThreadTeam team) =>
        Elementwise.Run(y, x, count, new Multiple(factor), beta, team);

    /// <summary>y = value.</summary>
    public static void Fill(float* y, long count, float value, ThreadTeam team) =>
        team.For(Parts.Count(count, CopyPartLength), new FillPart(y, count, value));

    /// <summary>y = x, any 4-byte elements; the arrays do not overlap.</summary>
    public static void Copy(float* y, float* x, long count, ThreadTeam team) =>
        team.For(Parts.Count(count, CopyPartLength), new CopyPart(y, x, count));

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

    private readonly struct FillPart(float* y, long count, float value) : IParallelBody
    {
        public void Run(int index)
        {
            long start = (long)index * CopyPartLength;
            new Span<float>(y + start, (int)Math.Min(CopyPartLength, count - start)).Fill(value);
        }
    }

    private readonly struct CopyPart(float* y, float* x, long count) : IParallelBody
    {
        public void Run(int index)
        {
            long start = (long)index * CopyPartLength;
            int length = (int)Math.Min(CopyPartLength, count - start);
            new Span<float>(x + start, length).CopyTo(new Span<float>(y + start, length));
        }
    }
}
