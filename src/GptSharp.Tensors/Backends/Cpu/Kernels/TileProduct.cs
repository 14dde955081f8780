using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What a tile product starts from.</summary>
internal enum TileStart
{
    /// <summary>Zero; the old contents are not read.</summary>
    Zero,

    /// <summary>The old contents.</summary>
    Keep,

    /// <summary>The old contents times a factor per column.</summary>
    Scale,
}

/// <summary>
/// C = start + A B for tiles that live in the nearest caches, the columns of B and C in the lanes of registers: every product of
/// attention has this form when scores are kept with the queries in the lanes.
/// </summary>
/// <remarks>
/// C[r, n] sums over k = 0, 1, … in this order, each term by one fused multiply-add, so the bits of an element do not depend on
/// how the tile around it is cut.
/// </remarks>
internal static unsafe class TileProduct
{
    /// <summary>The rows of C and A must be a multiple of this.</summary>
    public const int RowMultiple = 8;

    /// <summary>C (rows, columns) from A (rows, steps) and B (steps, columns).</summary>
    /// <remarks>
    /// A[r, k] is at a[r aRow + k aStep]; rows of B and C are ldb and ldc floats apart. rows: a multiple of 8; columns: a multiple of
    /// the register. scale: (columns), read only where start is <see cref="TileStart.Scale"/>.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb,
        int rows, int columns, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        for (int n = 0; n < columns; n += 2 * T.Count)
        {
            float* factor = start == TileStart.Scale ? scale + n : null;
            bool pair = columns - n > T.Count;
            for (int r = 0; r < rows; r += RowMultiple)
            {
                float* target = c + (r * ldc) + n, left = a + (r * aRow);
                if (T.Count == 16)
                {
                    if (pair)
                    {
                        EightByTwo<T>(target, ldc, left, aRow, aStep, b + n, ldb, steps, start, factor);
                    }
                    else
                    {
                        EightByOne<T>(target, ldc, left, aRow, aStep, b + n, ldb, steps, start, factor);
                    }
                }
                else if (pair)
                {
                    FourByTwo<T>(target, ldc, left, aRow, aStep, b + n, ldb, steps, start, factor);
                    FourByTwo<T>(target + (4 * ldc), ldc, left + (4 * aRow), aRow, aStep, b + n, ldb, steps, start, factor);
                }
                else
                {
                    EightByOne<T>(target, ldc, left, aRow, aStep, b + n, ldb, steps, start, factor);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T First<T>(float* c, TileStart start, T scale)
        where T : unmanaged, ILanes<T> => start switch
        {
            TileStart.Zero => T.Zero,
            TileStart.Keep => T.Load(c),
            _ => T.Load(c) * scale,
        };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightByTwo<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71;
        if (start == TileStart.Zero)
        {
            c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = c60 = c61 = c70 = c71 = T.Zero;
        }
        else
        {
            float* row = c;
            (c00, c01) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c10, c11) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c20, c21) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c30, c31) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c40, c41) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c50, c51) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c60, c61) = (T.Load(row), T.Load(row + T.Count));
            row += ldc;
            (c70, c71) = (T.Load(row), T.Load(row + T.Count));
        }

        if (start == TileStart.Scale)
        {
            T s0 = T.Load(scale), s1 = T.Load(scale + T.Count);
            (c00, c10, c20, c30) = (c00 * s0, c10 * s0, c20 * s0, c30 * s0);
            (c40, c50, c60, c70) = (c40 * s0, c50 * s0, c60 * s0, c70 * s0);
            (c01, c11, c21, c31) = (c01 * s1, c11 * s1, c21 * s1, c31 * s1);
            (c41, c51, c61, c71) = (c41 * s1, c51 * s1, c61 * s1, c71 * s1);
        }

        float* lower = a + (4 * aRow);
        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), x;
            x = T.Broadcast(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            x = T.Broadcast(a[2 * aRow]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            x = T.Broadcast(a[third]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            x = T.Broadcast(lower[0]);
            c40 = T.MultiplyAdd(x, b0, c40);
            c41 = T.MultiplyAdd(x, b1, c41);
            x = T.Broadcast(lower[aRow]);
            c50 = T.MultiplyAdd(x, b0, c50);
            c51 = T.MultiplyAdd(x, b1, c51);
            x = T.Broadcast(lower[2 * aRow]);
            c60 = T.MultiplyAdd(x, b0, c60);
            c61 = T.MultiplyAdd(x, b1, c61);
            x = T.Broadcast(lower[third]);
            c70 = T.MultiplyAdd(x, b0, c70);
            c71 = T.MultiplyAdd(x, b1, c71);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightByOne<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T s = start == TileStart.Scale ? T.Load(scale) : T.Zero;
        T c0 = First(c, start, s), c1 = First(c + ldc, start, s);
        T c2 = First(c + (2 * ldc), start, s), c3 = First(c + (3 * ldc), start, s);
        T c4 = First(c + (4 * ldc), start, s), c5 = First(c + (5 * ldc), start, s);
        T c6 = First(c + (6 * ldc), start, s), c7 = First(c + (7 * ldc), start, s);
        float* lower = a + (4 * aRow);
        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b);
            c0 = T.MultiplyAdd(T.Broadcast(a[0]), b0, c0);
            c1 = T.MultiplyAdd(T.Broadcast(a[aRow]), b0, c1);
            c2 = T.MultiplyAdd(T.Broadcast(a[2 * aRow]), b0, c2);
            c3 = T.MultiplyAdd(T.Broadcast(a[third]), b0, c3);
            c4 = T.MultiplyAdd(T.Broadcast(lower[0]), b0, c4);
            c5 = T.MultiplyAdd(T.Broadcast(lower[aRow]), b0, c5);
            c6 = T.MultiplyAdd(T.Broadcast(lower[2 * aRow]), b0, c6);
            c7 = T.MultiplyAdd(T.Broadcast(lower[third]), b0, c7);
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

    // For machines with sixteen registers: eight sums, two of B and one of A.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByTwo<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        T s0 = start == TileStart.Scale ? T.Load(scale) : T.Zero, s1 = start == TileStart.Scale ? T.Load(scale + T.Count) : T.Zero;
        T c00 = First(c, start, s0), c01 = First(c + T.Count, start, s1);
        T c10 = First(c + ldc, start, s0), c11 = First(c + ldc + T.Count, start, s1);
        T c20 = First(c + (2 * ldc), start, s0), c21 = First(c + (2 * ldc) + T.Count, start, s1);
        T c30 = First(c + (3 * ldc), start, s0), c31 = First(c + (3 * ldc) + T.Count, start, s1);
        nint third = 3 * aRow;
        for (int k = 0; k < steps; k++)
        {
            T b0 = T.Load(b), b1 = T.Load(b + T.Count), x;
            x = T.Broadcast(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            x = T.Broadcast(a[aRow]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            x = T.Broadcast(a[2 * aRow]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            x = T.Broadcast(a[third]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            a += aStep;
            b += ldb;
        }

        Store(c, c00, c01);
        Store(c += ldc, c10, c11);
        Store(c += ldc, c20, c21);
        Store(c + ldc, c30, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(float* c, T left, T right)
        where T : unmanaged, ILanes<T>
    {
        T.Store(c, left);
        T.Store(c + T.Count, right);
    }
}
