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
            if (columns - n <= T.Count)
            {
                for (int r = 0; r < rows; r += 8)
                {
                    TileKernels.EightByOne<T>(c + (r * ldc) + n, ldc, a + (r * aRow), aRow, aStep, b + n, ldb, steps, start, factor);
                }
            }
            else if (T.Registers == 32)
            {
                for (int r = 0; r < rows; r += 8)
                {
                    TileKernels.EightByTwo<T>(c + (r * ldc) + n, ldc, a + (r * aRow), aRow, aStep, b + n, ldb, steps, start, factor);
                }
            }
            else
            {
                SixesAndFours<T>(c + n, ldc, a, aRow, aStep, b + n, ldb, rows, steps, start, factor);
            }
        }
    }

    // Any multiple of eight is a sum of sixes and at most two fours.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SixesAndFours<T>(
        float* c, nint ldc, float* a, nint aRow, nint aStep, float* b, nint ldb,
        int rows, int steps, TileStart start, float* scale)
        where T : unmanaged, ILanes<T>
    {
        for (int r = 0; r < rows;)
        {
            float* target = c + (r * ldc), left = a + (r * aRow);
            if (rows - r is 4 or 8)
            {
                TileKernels.FourByTwo<T>(target, ldc, left, aRow, aStep, b, ldb, steps, start, scale);
                r += 4;
            }
            else
            {
                TileKernels.SixByTwo<T>(target, ldc, left, aRow, aStep, b, ldb, steps, start, scale);
                r += 6;
            }
        }
    }
}
