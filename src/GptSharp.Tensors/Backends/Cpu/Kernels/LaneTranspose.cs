using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Matrices turned over a whole register at a time: 16 x 16 numbers in 64 shuffles (AVX-512), 8 x 8 in 24 (AVX2). What does not fill a
/// register, and other machines, are left to <see cref="Transpose"/>.
/// </summary>
internal static unsafe class LaneTranspose
{
    /// <summary>target[c, r] = source[r, c] for r below <paramref name="rows"/> and c below <paramref name="columns"/>.</summary>
    /// <remarks>Rows of the source and of the target are lds and ldt elements apart; the arrays do not overlap.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T, TSource>(float* target, nint ldt, TSource* source, nint lds, int rows, int columns)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged
    {
        int whole = 0;
        if (Avx512F.IsSupported && T.Count == 16)
        {
            whole = columns & -16;
            for (int r = 0; r < rows; r += 16)
            {
                for (int c = 0; c < whole; c += 16)
                {
                    Sixteen<T, TSource>(target + r + (c * ldt), ldt, source + (r * lds) + c, lds, Math.Min(16, rows - r));
                }
            }
        }
        else if (Avx.IsSupported && T.Count == 8)
        {
            whole = columns & -8;
            for (int r = 0; r < rows; r += 8)
            {
                for (int c = 0; c < whole; c += 8)
                {
                    Eight<T, TSource>(target + r + (c * ldt), ldt, source + (r * lds) + c, lds, Math.Min(8, rows - r));
                }
            }
        }

        Transpose.Run(target + (whole * ldt), ldt, source + whole, lds, rows, columns - whole, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sixteen<T, TSource>(float* to, nint ldt, TSource* from, nint lds, int rows)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged
    {
        Quarter512 a = Quarter512.Load<T, TSource>(from, lds, rows);
        Quarter512 b = Quarter512.Load<T, TSource>(from + (4 * lds), lds, rows - 4);
        Quarter512 c = Quarter512.Load<T, TSource>(from + (8 * lds), lds, rows - 8);
        Quarter512 d = rows <= 12 ? default : Quarter512.Load<T, TSource>(from + (12 * lds), lds, rows - 12);
        Columns(to, ldt, a.Column0, b.Column0, c.Column0, d.Column0, rows);
        Columns(to + ldt, ldt, a.Column1, b.Column1, c.Column1, d.Column1, rows);
        Columns(to + (2 * ldt), ldt, a.Column2, b.Column2, c.Column2, d.Column2, rows);
        Columns(to + (3 * ldt), ldt, a.Column3, b.Column3, c.Column3, d.Column3, rows);
    }

    // Columns 0, 4, 8 and 12 behind the first, whose quarters lie in the same place of four registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(
        float* to, nint ldt, Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, int rows)
    {
        const byte even = 0x88, odd = 0xDD;
        Vector512<float> ab0 = Avx512F.Shuffle4x128(a, b, even), ab1 = Avx512F.Shuffle4x128(a, b, odd);
        Vector512<float> cd0 = Avx512F.Shuffle4x128(c, d, even), cd1 = Avx512F.Shuffle4x128(c, d, odd);
        Store(to, Avx512F.Shuffle4x128(ab0, cd0, even), rows);
        Store(to + (4 * ldt), Avx512F.Shuffle4x128(ab1, cd1, even), rows);
        Store(to + (8 * ldt), Avx512F.Shuffle4x128(ab0, cd0, odd), rows);
        Store(to + (12 * ldt), Avx512F.Shuffle4x128(ab1, cd1, odd), rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* to, Vector512<float> column, int rows)
    {
        if (rows == 16)
        {
            column.Store(to);
        }
        else if (rows == 12)
        {
            column.GetLower().Store(to);
            column.GetUpper().GetLower().Store(to + 8);
        }
        else
        {
            Lanes512.StorePartial(to, Unsafe.BitCast<Vector512<float>, Lanes512>(column), rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight<T, TSource>(float* to, nint ldt, TSource* from, nint lds, int rows)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged
    {
        Quarter256 a = Quarter256.Load<T, TSource>(from, lds, rows), b = Quarter256.Load<T, TSource>(from + (4 * lds), lds, rows - 4);
        Halves(to, ldt, a.Column0, b.Column0, rows);
        Halves(to + ldt, ldt, a.Column1, b.Column1, rows);
        Halves(to + (2 * ldt), ldt, a.Column2, b.Column2, rows);
        Halves(to + (3 * ldt), ldt, a.Column3, b.Column3, rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(float* to, nint ldt, Vector256<float> a, Vector256<float> b, int rows)
    {
        Store(to, Avx.Permute2x128(a, b, 0x20), rows);
        Store(to + (4 * ldt), Avx.Permute2x128(a, b, 0x31), rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* to, Vector256<float> column, int rows)
    {
        if (rows == 8)
        {
            column.Store(to);
        }
        else if (rows == 6)
        {
            column.GetLower().Store(to);
            column.GetUpper().GetLower().Store(to + 4);
        }
        else
        {
            Lanes256.StorePartial(to, Unsafe.BitCast<Vector256<float>, Lanes256>(column), rows);
        }
    }

    // Four rows of sixteen: column k of each register's quarters, the four rows' numbers side by side.
    private readonly ref struct Quarter512(Vector512<float> column0, Vector512<float> column1, Vector512<float> column2, Vector512<float> column3)
    {
        public Vector512<float> Column0 { get; } = column0;

        public Vector512<float> Column1 { get; } = column1;

        public Vector512<float> Column2 { get; } = column2;

        public Vector512<float> Column3 { get; } = column3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Quarter512 Load<T, TSource>(TSource* from, nint lds, int rows)
            where T : unmanaged, ILanes<T>
            where TSource : unmanaged
        {
            Vector512<float> a = Row<T, TSource>(from, rows > 0), b = Row<T, TSource>(from + lds, rows > 1);
            Vector512<float> c = Row<T, TSource>(from + (2 * lds), rows > 2), d = Row<T, TSource>(from + (3 * lds), rows > 3);
            Vector512<double> ab0 = Avx512F.UnpackLow(a, b).AsDouble(), ab1 = Avx512F.UnpackHigh(a, b).AsDouble();
            Vector512<double> cd0 = Avx512F.UnpackLow(c, d).AsDouble(), cd1 = Avx512F.UnpackHigh(c, d).AsDouble();
            return new(
                Avx512F.UnpackLow(ab0, cd0).AsSingle(), Avx512F.UnpackHigh(ab0, cd0).AsSingle(),
                Avx512F.UnpackLow(ab1, cd1).AsSingle(), Avx512F.UnpackHigh(ab1, cd1).AsSingle());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Row<T, TSource>(TSource* from, bool isThere)
            where T : unmanaged, ILanes<T>
            where TSource : unmanaged => isThere ? Unsafe.BitCast<T, Vector512<float>>(T.Load(from)) : default;
    }

    private readonly ref struct Quarter256(Vector256<float> column0, Vector256<float> column1, Vector256<float> column2, Vector256<float> column3)
    {
        public Vector256<float> Column0 { get; } = column0;

        public Vector256<float> Column1 { get; } = column1;

        public Vector256<float> Column2 { get; } = column2;

        public Vector256<float> Column3 { get; } = column3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Quarter256 Load<T, TSource>(TSource* from, nint lds, int rows)
            where T : unmanaged, ILanes<T>
            where TSource : unmanaged
        {
            Vector256<float> a = Row<T, TSource>(from, rows > 0), b = Row<T, TSource>(from + lds, rows > 1);
            Vector256<float> c = Row<T, TSource>(from + (2 * lds), rows > 2), d = Row<T, TSource>(from + (3 * lds), rows > 3);
            Vector256<double> ab0 = Avx.UnpackLow(a, b).AsDouble(), ab1 = Avx.UnpackHigh(a, b).AsDouble();
            Vector256<double> cd0 = Avx.UnpackLow(c, d).AsDouble(), cd1 = Avx.UnpackHigh(c, d).AsDouble();
            return new(
                Avx.UnpackLow(ab0, cd0).AsSingle(), Avx.UnpackHigh(ab0, cd0).AsSingle(),
                Avx.UnpackLow(ab1, cd1).AsSingle(), Avx.UnpackHigh(ab1, cd1).AsSingle());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Row<T, TSource>(TSource* from, bool isThere)
            where T : unmanaged, ILanes<T>
            where TSource : unmanaged => isThere ? Unsafe.BitCast<T, Vector256<float>>(T.Load(from)) : default;
    }
}
