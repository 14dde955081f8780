using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// The innermost loops of <see cref="TileProduct"/>: a few rows by one or two registers of C stay in registers while k runs; every
/// element of A is broadcast once. Parameters as there.
/// </summary>
internal static unsafe class TileKernels
{
    /// <summary>Sixteen sums, for machines with thirty-two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void EightByTwo<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T c00, c10, c20, c30, c40, c50, c60, c70;
        T c01, c11, c21, c31, c41, c51, c61, c71;
        if (start == TileStart.Zero)
        {
            c00 = c10 = c20 = c30 = c40 = c50 = c60 = c70 = T.Zero;
            c01 = c11 = c21 = c31 = c41 = c51 = c61 = c71 = T.Zero;
        }
        else
        {
            T s0 = Factor<T>(start, scale), s1 = Factor<T>(start, scale + T.Count);
            float* row = c;
            (c00, c01) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c10, c11) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c20, c21) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c30, c31) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c40, c41) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c50, c51) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c60, c61) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c70, c71) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
        }

        float* lower = a + (4 * aRow);
        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), x;
            x = T.Scalar(a[0]);
            c00 = T.MultiplyAddScalar(x, b0, c00);
            c01 = T.MultiplyAddScalar(x, b1, c01);
            x = T.Scalar(a[aRow]);
            c10 = T.MultiplyAddScalar(x, b0, c10);
            c11 = T.MultiplyAddScalar(x, b1, c11);
            x = T.Scalar(a[2 * aRow]);
            c20 = T.MultiplyAddScalar(x, b0, c20);
            c21 = T.MultiplyAddScalar(x, b1, c21);
            x = T.Scalar(a[third]);
            c30 = T.MultiplyAddScalar(x, b0, c30);
            c31 = T.MultiplyAddScalar(x, b1, c31);
            x = T.Scalar(lower[0]);
            c40 = T.MultiplyAddScalar(x, b0, c40);
            c41 = T.MultiplyAddScalar(x, b1, c41);
            x = T.Scalar(lower[aRow]);
            c50 = T.MultiplyAddScalar(x, b0, c50);
            c51 = T.MultiplyAddScalar(x, b1, c51);
            x = T.Scalar(lower[2 * aRow]);
            c60 = T.MultiplyAddScalar(x, b0, c60);
            c61 = T.MultiplyAddScalar(x, b1, c61);
            x = T.Scalar(lower[third]);
            c70 = T.MultiplyAddScalar(x, b0, c70);
            c71 = T.MultiplyAddScalar(x, b1, c71);
            a += aStep;
            lower += aStep;
            b += ldb;
        }

        Store(c, c00, c01);
        Store(c += ldc, c10, c11);
        Store(c += ldc, c20, c21);
        Store(c += ldc, c30, c31);
        Store(c += ldc, c40, c41);
        Store(c += ldc, c50, c51);
        Store(c += ldc, c60, c61);
        Store(c + ldc, c70, c71);
    }

    /// <summary>Twelve sums, two registers of B and one of A: all that sixteen registers hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SixByTwo<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T c00, c10, c20, c30, c40, c50;
        T c01, c11, c21, c31, c41, c51;
        if (start == TileStart.Zero)
        {
            c00 = c10 = c20 = c30 = c40 = c50 = T.Zero;
            c01 = c11 = c21 = c31 = c41 = c51 = T.Zero;
        }
        else
        {
            T s0 = Factor<T>(start, scale), s1 = Factor<T>(start, scale + T.Count);
            float* row = c;
            (c00, c01) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c10, c11) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c20, c21) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c30, c31) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c40, c41) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c50, c51) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
        }

        float* lower = a + (4 * aRow);
        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), x;
            x = T.Scalar(a[0]);
            c00 = T.MultiplyAddScalar(x, b0, c00);
            c01 = T.MultiplyAddScalar(x, b1, c01);
            x = T.Scalar(a[aRow]);
            c10 = T.MultiplyAddScalar(x, b0, c10);
            c11 = T.MultiplyAddScalar(x, b1, c11);
            x = T.Scalar(a[2 * aRow]);
            c20 = T.MultiplyAddScalar(x, b0, c20);
            c21 = T.MultiplyAddScalar(x, b1, c21);
            x = T.Scalar(a[third]);
            c30 = T.MultiplyAddScalar(x, b0, c30);
            c31 = T.MultiplyAddScalar(x, b1, c31);
            x = T.Scalar(lower[0]);
            c40 = T.MultiplyAddScalar(x, b0, c40);
            c41 = T.MultiplyAddScalar(x, b1, c41);
            x = T.Scalar(lower[aRow]);
            c50 = T.MultiplyAddScalar(x, b0, c50);
            c51 = T.MultiplyAddScalar(x, b1, c51);
            a += aStep;
            lower += aStep;
            b += ldb;
        }

        Store(c, c00, c01);
        Store(c += ldc, c10, c11);
        Store(c += ldc, c20, c21);
        Store(c += ldc, c30, c31);
        Store(c += ldc, c40, c41);
        Store(c + ldc, c50, c51);
    }

    /// <summary>What six rows leave over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourByTwo<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T c00, c10, c20, c30;
        T c01, c11, c21, c31;
        if (start == TileStart.Zero)
        {
            c00 = c10 = c20 = c30 = T.Zero;
            c01 = c11 = c21 = c31 = T.Zero;
        }
        else
        {
            T s0 = Factor<T>(start, scale), s1 = Factor<T>(start, scale + T.Count);
            float* row = c;
            (c00, c01) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c10, c11) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c20, c21) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
            row += ldc;
            (c30, c31) = (T.Load(row) * s0, T.Load(row + T.Count) * s1);
        }

        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), x;
            x = T.Scalar(a[0]);
            c00 = T.MultiplyAddScalar(x, b0, c00);
            c01 = T.MultiplyAddScalar(x, b1, c01);
            x = T.Scalar(a[aRow]);
            c10 = T.MultiplyAddScalar(x, b0, c10);
            c11 = T.MultiplyAddScalar(x, b1, c11);
            x = T.Scalar(a[2 * aRow]);
            c20 = T.MultiplyAddScalar(x, b0, c20);
            c21 = T.MultiplyAddScalar(x, b1, c21);
            x = T.Scalar(a[third]);
            c30 = T.MultiplyAddScalar(x, b0, c30);
            c31 = T.MultiplyAddScalar(x, b1, c31);
            a += aStep;
            b += ldb;
        }

        Store(c, c00, c01);
        Store(c += ldc, c10, c11);
        Store(c += ldc, c20, c21);
        Store(c + ldc, c30, c31);
    }

    /// <summary>Eight rows by one register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void EightByOne<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T c0, c1, c2, c3, c4, c5, c6, c7;
        if (start == TileStart.Zero)
        {
            c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = T.Zero;
        }
        else
        {
            T s0 = Factor<T>(start, scale);
            float* row = c;
            c0 = T.Load(row) * s0;
            row += ldc;
            c1 = T.Load(row) * s0;
            row += ldc;
            c2 = T.Load(row) * s0;
            row += ldc;
            c3 = T.Load(row) * s0;
            row += ldc;
            c4 = T.Load(row) * s0;
            row += ldc;
            c5 = T.Load(row) * s0;
            row += ldc;
            c6 = T.Load(row) * s0;
            row += ldc;
            c7 = T.Load(row) * s0;
        }

        float* lower = a + (4 * aRow);
        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b);
            c0 = T.MultiplyAddScalar(T.Scalar(a[0]), b0, c0);
            c1 = T.MultiplyAddScalar(T.Scalar(a[aRow]), b0, c1);
            c2 = T.MultiplyAddScalar(T.Scalar(a[2 * aRow]), b0, c2);
            c3 = T.MultiplyAddScalar(T.Scalar(a[third]), b0, c3);
            c4 = T.MultiplyAddScalar(T.Scalar(lower[0]), b0, c4);
            c5 = T.MultiplyAddScalar(T.Scalar(lower[aRow]), b0, c5);
            c6 = T.MultiplyAddScalar(T.Scalar(lower[2 * aRow]), b0, c6);
            c7 = T.MultiplyAddScalar(T.Scalar(lower[third]), b0, c7);
            a += aStep;
            lower += aStep;
            b += ldb;
        }

        T.Store(c, c0);
        T.Store(c += ldc, c1);
        T.Store(c += ldc, c2);
        T.Store(c += ldc, c3);
        T.Store(c += ldc, c4);
        T.Store(c += ldc, c5);
        T.Store(c += ldc, c6);
        T.Store(c + ldc, c7);
    }

    // Keep is scaling by 1, which changes no bit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Factor<T>(TileStart start, float* scale)
        where T : unmanaged, ILanes<T> => start == TileStart.Scale ? T.Load(scale) : T.Broadcast(1f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(float* c, T left, T right)
        where T : unmanaged, ILanes<T>
    {
        T.Store(c, left);
        T.Store(c + T.Count, right);
    }
}
