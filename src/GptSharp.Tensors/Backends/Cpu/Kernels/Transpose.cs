using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Matrices turned over, in blocks of four rows by four columns (eight of BF16, which are turned before they are widened).</summary>
internal static unsafe class Transpose
{
    private static bool CanInterleave => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>target[c, r] = factor source[r, c] for r below <paramref name="rows"/> and c below <paramref name="columns"/>.</summary>
    /// <remarks>Rows of the source and of the target are lds and ldt elements apart; the arrays do not overlap.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSource>(float* target, nint ldt, TSource* source, nint lds, int rows, int columns, float factor)
        where TSource : unmanaged
    {
        Vector128<float> scale = Vector128.Create(factor);
        int r = 0;
        for (; r <= rows - 4; r += 4)
        {
            TSource* from = source + (r * lds);
            float* to = target + r;
            int c = 0;
            if (typeof(TSource) == typeof(float))
            {
                for (; c <= columns - 4; c += 4)
                {
                    TurnFloats(to + (c * ldt), ldt, (float*)from + c, lds, scale);
                }
            }
            else if (CanInterleave)
            {
                for (; c <= columns - 8; c += 8)
                {
                    TurnHalves(to + (c * ldt), ldt, (ushort*)from + c, lds, scale);
                }
            }

            for (; c < columns; c++)
            {
                for (int k = 0; k < 4; k++)
                {
                    to[(c * ldt) + k] = factor * Stored.Load(from + (k * lds) + c);
                }
            }
        }

        for (; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                target[(c * ldt) + r] = factor * Stored.Load(source + (r * lds) + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnFloats(float* to, nint ldt, float* from, nint lds, Vector128<float> scale)
    {
        Vector128<float> a = Vector128.Load(from) * scale, b = Vector128.Load(from + lds) * scale;
        Vector128<float> d = Vector128.Load(from + (2 * lds)) * scale, e = Vector128.Load(from + (3 * lds)) * scale;
        Turn(ref a, ref b, ref d, ref e);
        a.Store(to);
        b.Store(to + ldt);
        d.Store(to + (2 * ldt));
        e.Store(to + (3 * ldt));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Vector128<float> a, ref Vector128<float> b, ref Vector128<float> c, ref Vector128<float> d)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> ab0 = Sse.UnpackLow(a, b), ab1 = Sse.UnpackHigh(a, b);
            Vector128<float> cd0 = Sse.UnpackLow(c, d), cd1 = Sse.UnpackHigh(c, d);
            a = Sse.MoveLowToHigh(ab0, cd0);
            b = Sse.MoveHighToLow(cd0, ab0);
            c = Sse.MoveLowToHigh(ab1, cd1);
            d = Sse.MoveHighToLow(cd1, ab1);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<double> ab0 = AdvSimd.Arm64.ZipLow(a, b).AsDouble(), ab1 = AdvSimd.Arm64.ZipHigh(a, b).AsDouble();
            Vector128<double> cd0 = AdvSimd.Arm64.ZipLow(c, d).AsDouble(), cd1 = AdvSimd.Arm64.ZipHigh(c, d).AsDouble();
            a = AdvSimd.Arm64.ZipLow(ab0, cd0).AsSingle();
            b = AdvSimd.Arm64.ZipHigh(ab0, cd0).AsSingle();
            c = AdvSimd.Arm64.ZipLow(ab1, cd1).AsSingle();
            d = AdvSimd.Arm64.ZipHigh(ab1, cd1).AsSingle();
        }
        else
        {
            (Vector128<float> p, Vector128<float> q, Vector128<float> s, Vector128<float> t) = (a, b, c, d);
            a = Vector128.Create(p[0], q[0], s[0], t[0]);
            b = Vector128.Create(p[1], q[1], s[1], t[1]);
            c = Vector128.Create(p[2], q[2], s[2], t[2]);
            d = Vector128.Create(p[3], q[3], s[3], t[3]);
        }
    }

    // Interleaving sixteen bits, then thirty-two, puts a column's four numbers side by side; interleaving with zeros widens them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnHalves(float* to, nint ldt, ushort* from, nint lds, Vector128<float> scale)
    {
        Vector128<ushort> a = Vector128.Load(from), b = Vector128.Load(from + lds);
        Vector128<ushort> d = Vector128.Load(from + (2 * lds)), e = Vector128.Load(from + (3 * lds));
        Vector128<uint> ab0 = Low(a, b).AsUInt32(), ab1 = High(a, b).AsUInt32();
        Vector128<uint> de0 = Low(d, e).AsUInt32(), de1 = High(d, e).AsUInt32();
        StoreTwo(to, ldt, Low(ab0, de0), scale);
        StoreTwo(to + (2 * ldt), ldt, High(ab0, de0), scale);
        StoreTwo(to + (4 * ldt), ldt, Low(ab1, de1), scale);
        StoreTwo(to + (6 * ldt), ldt, High(ab1, de1), scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTwo(float* to, nint ldt, Vector128<uint> columns, Vector128<float> scale)
    {
        (Low(Vector128<ushort>.Zero, columns.AsUInt16()).AsSingle() * scale).Store(to);
        (High(Vector128<ushort>.Zero, columns.AsUInt16()).AsSingle() * scale).Store(to + ldt);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Low(Vector128<ushort> a, Vector128<ushort> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> High(Vector128<ushort> a, Vector128<ushort> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Low(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> High(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
