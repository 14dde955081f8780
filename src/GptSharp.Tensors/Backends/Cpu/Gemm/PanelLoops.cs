using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>The innermost loops of <see cref="PanelProduct"/>: some rows times a chunk of a panel.</summary>
internal static unsafe class PanelLoops
{
    /// <summary>chunk (rows, width) = a (rows, terms), whose rows are strideA apart, times panel (terms, width).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tiles<T>(float* chunk, float* a, nint strideA, float* panel, int rows, int terms)
        where T : unmanaged, ILanes<T>
    {
        int width = 2 * T.Count, row = 0;
        for (; T.Registers == 32 && row + 8 <= rows; row += 8)
        {
            TileKernels.EightByTwo<T>(chunk + (row * width), width, a + (row * strideA), strideA, 1, panel, width, terms, TileStart.Zero, null);
        }

        for (; T.Registers < 32 && row + 6 <= rows; row += 6)
        {
            TileKernels.SixByTwo<T>(chunk + (row * width), width, a + (row * strideA), strideA, 1, panel, width, terms, TileStart.Zero, null);
        }

        for (; row + 4 <= rows; row += 4)
        {
            TileKernels.FourByTwo<T>(chunk + (row * width), width, a + (row * strideA), strideA, 1, panel, width, terms, TileStart.Zero, null);
        }

        for (; row < rows; row++)
        {
            One<T>(chunk + (row * width), a + (row * strideA), panel, terms);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<T>(float* sums, float* x, float* panel, int terms)
        where T : unmanaged, ILanes<T>
    {
        T sum0 = T.Zero, sum1 = T.Zero;
        float* end = x + terms, whole = x + (terms & -4);
        for (; x < whole; x += 4, panel += 8 * T.Count)
        {
            T factor = T.Scalar(x[0]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + T.Count), sum1);
            factor = T.Scalar(x[1]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel + (2 * T.Count)), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + (3 * T.Count)), sum1);
            factor = T.Scalar(x[2]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel + (4 * T.Count)), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + (5 * T.Count)), sum1);
            factor = T.Scalar(x[3]);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel + (6 * T.Count)), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + (7 * T.Count)), sum1);
        }

        for (; x < end; x++, panel += 2 * T.Count)
        {
            T factor = T.Scalar(*x);
            sum0 = T.MultiplyAddScalar(factor, T.Load(panel), sum0);
            sum1 = T.MultiplyAddScalar(factor, T.Load(panel + T.Count), sum1);
        }

        T.Store(sums, sum0);
        T.Store(sums + T.Count, sum1);
    }

    /// <summary>sums (width) = x, a row of floats, times a panel (pairs, width) of BF16 numbers in pairs of terms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneInPairs<T>(float* sums, float* x, uint* panel, int pairs)
        where T : unmanaged, ILanes<T>
    {
        T sum0 = T.Zero, sum1 = T.Zero;
        for (int p = 0; p < pairs; p++, x += 2, panel += 2 * T.Count)
        {
            Split(panel, out T even0, out T odd0);
            Split(panel + T.Count, out T even1, out T odd1);
            T factor = T.Broadcast(x[0]);
            sum0 = T.MultiplyAdd(factor, even0, sum0);
            sum1 = T.MultiplyAdd(factor, even1, sum1);
            factor = T.Broadcast(x[1]);
            sum0 = T.MultiplyAdd(factor, odd0, sum0);
            sum1 = T.MultiplyAdd(factor, odd1, sum1);
        }

        T.Store(sums, sum0);
        T.Store(sums + T.Count, sum1);
    }

    /// <summary>The same for two panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneInPairs<T>(float* sums, float* x, uint* first, uint* second, int pairs)
        where T : unmanaged, ILanes<T>
    {
        T sum0 = T.Zero, sum1 = T.Zero, sum2 = T.Zero, sum3 = T.Zero;
        for (int p = 0; p < pairs; p++, x += 2, first += 2 * T.Count, second += 2 * T.Count)
        {
            Split(first, out T even0, out T odd0);
            Split(first + T.Count, out T even1, out T odd1);
            Split(second, out T even2, out T odd2);
            Split(second + T.Count, out T even3, out T odd3);
            T factor = T.Broadcast(x[0]);
            sum0 = T.MultiplyAdd(factor, even0, sum0);
            sum1 = T.MultiplyAdd(factor, even1, sum1);
            sum2 = T.MultiplyAdd(factor, even2, sum2);
            sum3 = T.MultiplyAdd(factor, even3, sum3);
            factor = T.Broadcast(x[1]);
            sum0 = T.MultiplyAdd(factor, odd0, sum0);
            sum1 = T.MultiplyAdd(factor, odd1, sum1);
            sum2 = T.MultiplyAdd(factor, odd2, sum2);
            sum3 = T.MultiplyAdd(factor, odd3, sum3);
        }

        T.Store(sums, sum0);
        T.Store(sums + T.Count, sum1);
        T.Store(sums + (2 * T.Count), sum2);
        T.Store(sums + (3 * T.Count), sum3);
    }

    /// <summary>The two BF16 numbers of each pair, widened.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split<T>(uint* pairs, out T first, out T second)
        where T : unmanaged, ILanes<T>
    {
        if (T.Count == 16)
        {
            Vector512<uint> words = Vector512.Load(pairs);
            first = Unsafe.BitCast<Vector512<uint>, T>(words << 16);
            second = Unsafe.BitCast<Vector512<uint>, T>(words & Vector512.Create(0xFFFF0000u));
        }
        else
        {
            Vector256<uint> words = Vector256.Load(pairs);
            first = Unsafe.BitCast<Vector256<uint>, T>(words << 16);
            second = Unsafe.BitCast<Vector256<uint>, T>(words & Vector256.Create(0xFFFF0000u));
        }
    }

    /// <summary>sums = chunk, added to what is there if asked; (rows, width) both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<T>(float* sums, float* chunk, int rows, bool add)
        where T : unmanaged, ILanes<T>
    {
        for (int i = 0; i < rows * 2 * T.Count; i += T.Count)
        {
            T.Store(sums + i, add ? T.Load(sums + i) + T.Load(chunk + i) : T.Load(chunk + i));
        }
    }
}
