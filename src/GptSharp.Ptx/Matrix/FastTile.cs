using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>
/// D (16, 8) = A (16, K) · B (K, 8) + C (16, 8) in single-precision multiply-adds: the "fast" model.
/// <para>
/// Lane l = 4g + t holds of A row g (and g + 8), of B column g, of C row g (and g + 8), columns 2t and 2t + 1. So four consecutive
/// lanes hold a row, and a register of A, unpacked, is a row-major (8, 4) piece whose elements are broadcast from memory; B's pieces
/// are transposed first. Sums run over k in the order of registers, halves, t.
/// </para>
/// </summary>
internal static unsafe class FastTile
{
    /// <summary>The largest number of registers of A and of B.</summary>
    private const int MaximumA = 4;

    /// <summary>Computes one tile. A has 2 · <paramref name="steps"/> registers, B has <paramref name="steps"/>, the accumulators 4, or 2 of f16.</summary>
    public static void Compute<TFactor>(byte* registers, int* d, int* a, int* b, int* c, int steps, bool halfC, bool halfD)
        where TFactor : struct, IFactor
    {
        // aPieces: register, half, lane; bPieces: register, half, k, column.
        float* aPieces = stackalloc float[MaximumA * 2 * Lanes.Count];
        float* bPieces = stackalloc float[2 * 2 * Lanes.Count];
        int parts = TFactor.PerRegister;
        for (int register = 0; register < 2 * steps; register++)
        {
            uint* source = (uint*)(registers + a[register]);
            for (int lane = 0; lane < Lanes.Count; lane += 16)
            {
                Vector512<uint> packed = Vector512.Load(source + lane);
                TFactor.Low(packed).Store(aPieces + (register * parts * Lanes.Count) + lane);
                if (parts == 2)
                {
                    TFactor.High(packed).Store(aPieces + (((register * 2) + 1) * Lanes.Count) + lane);
                }
            }
        }

        float* columns = stackalloc float[2 * Lanes.Count];
        for (int register = 0; register < steps; register++)
        {
            uint* source = (uint*)(registers + b[register]);
            for (int lane = 0; lane < Lanes.Count; lane += 16)
            {
                Vector512<uint> packed = Vector512.Load(source + lane);
                TFactor.Low(packed).Store(columns + lane);
                if (parts == 2)
                {
                    TFactor.High(packed).Store(columns + Lanes.Count + lane);
                }
            }

            for (int part = 0; part < parts; part++)
            {
                Transpose(columns + (part * Lanes.Count), bPieces + (((register * parts) + part) * Lanes.Count));
            }
        }

        float* accumulators = stackalloc float[4 * Lanes.Count];
        float* c0 = (float*)(registers + c[0]);
        float* c1 = (float*)(registers + c[1]);
        float* c2 = (float*)(registers + c[halfC ? 0 : 2]);
        float* c3 = (float*)(registers + c[halfC ? 0 : 3]);
        if (halfC)
        {
            Unpack((uint*)c0, accumulators);
            Unpack((uint*)c1, accumulators + (2 * Lanes.Count));
            c0 = accumulators;
            c1 = accumulators + Lanes.Count;
            c2 = accumulators + (2 * Lanes.Count);
            c3 = accumulators + (3 * Lanes.Count);
        }

        float* d0 = halfD ? accumulators : (float*)(registers + d[0]);
        float* d1 = halfD ? accumulators + Lanes.Count : (float*)(registers + d[1]);
        float* d2 = halfD ? accumulators + (2 * Lanes.Count) : (float*)(registers + d[2]);
        float* d3 = halfD ? accumulators + (3 * Lanes.Count) : (float*)(registers + d[3]);
        int pieces = steps * parts;
        if (pieces == 4)
        {
            Multiply4(aPieces, bPieces, c0, c1, c2, c3, d0, d1, d2, d3);
        }
        else
        {
            Multiply(aPieces, bPieces, c0, c1, c2, c3, d0, d1, d2, d3, pieces, parts);
        }

        if (halfD)
        {
            Pack(accumulators, (uint*)(registers + d[0]));
            Pack(accumulators + (2 * Lanes.Count), (uint*)(registers + d[1]));
        }
    }

    // k = 16 of 16-bit factors: the four pieces of B stay in vector registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(
        float* a, float* b, float* c0, float* c1, float* c2, float* c3, float* d0, float* d1, float* d2, float* d3)
    {
        Vector256<float> b0 = Vector256.Load(b);
        Vector256<float> b1 = Vector256.Load(b + 8);
        Vector256<float> b2 = Vector256.Load(b + 16);
        Vector256<float> b3 = Vector256.Load(b + 24);
        Vector256<float> b4 = Vector256.Load(b + 32);
        Vector256<float> b5 = Vector256.Load(b + 40);
        Vector256<float> b6 = Vector256.Load(b + 48);
        Vector256<float> b7 = Vector256.Load(b + 56);
        Vector256<float> b8 = Vector256.Load(b + 64);
        Vector256<float> b9 = Vector256.Load(b + 72);
        Vector256<float> b10 = Vector256.Load(b + 80);
        Vector256<float> b11 = Vector256.Load(b + 88);
        Vector256<float> b12 = Vector256.Load(b + 96);
        Vector256<float> b13 = Vector256.Load(b + 104);
        Vector256<float> b14 = Vector256.Load(b + 112);
        Vector256<float> b15 = Vector256.Load(b + 120);
        for (int lane = 0; lane < Lanes.Count; lane += 4)
        {
            Vector256<float> upper = Interleave(c0 + lane, c1 + lane);
            Vector256<float> lower = Interleave(c2 + lane, c3 + lane);

            // Registers a0 and a2 are row g; a1 and a3, 64 floats further, row g + 8.
            float* row = a + lane;
            upper = MultiplyAdd(row, b0, b1, b2, b3, upper);
            lower = MultiplyAdd(row + 64, b0, b1, b2, b3, lower);
            upper = MultiplyAdd(row + 32, b4, b5, b6, b7, upper);
            lower = MultiplyAdd(row + 96, b4, b5, b6, b7, lower);
            upper = MultiplyAdd(row + 128, b8, b9, b10, b11, upper);
            lower = MultiplyAdd(row + 192, b8, b9, b10, b11, lower);
            upper = MultiplyAdd(row + 160, b12, b13, b14, b15, upper);
            lower = MultiplyAdd(row + 224, b12, b13, b14, b15, lower);
            Separate(upper, d0 + lane, d1 + lane);
            Separate(lower, d2 + lane, d3 + lane);
        }
    }

    private static void Multiply(
        float* a, float* b, float* c0, float* c1, float* c2, float* c3, float* d0, float* d1, float* d2, float* d3, int pieces, int parts)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 4)
        {
            Vector256<float> upper = Interleave(c0 + lane, c1 + lane);
            Vector256<float> lower = Interleave(c2 + lane, c3 + lane);
            for (int piece = 0; piece < pieces; piece++)
            {
                int step = piece / parts;
                int part = piece % parts;
                float* row = a + (((2 * step * parts) + part) * Lanes.Count) + lane;
                float* column = b + (piece * Lanes.Count);
                Vector256<float> b0 = Vector256.Load(column);
                Vector256<float> b1 = Vector256.Load(column + 8);
                Vector256<float> b2 = Vector256.Load(column + 16);
                Vector256<float> b3 = Vector256.Load(column + 24);
                upper = MultiplyAdd(row, b0, b1, b2, b3, upper);
                lower = MultiplyAdd(row + (parts * Lanes.Count), b0, b1, b2, b3, lower);
            }

            Separate(upper, d0 + lane, d1 + lane);
            Separate(lower, d2 + lane, d3 + lane);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> MultiplyAdd(
        float* a, Vector256<float> b0, Vector256<float> b1, Vector256<float> b2, Vector256<float> b3, Vector256<float> sum)
    {
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[0]), b0, sum);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[1]), b1, sum);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[2]), b2, sum);
        return Vector256.FusedMultiplyAdd(Vector256.Create(a[3]), b3, sum);
    }

    // Even columns from one register, odd ones from the other: a row of eight.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Interleave(float* even, float* odd)
    {
        Vector128<float> x = Vector128.Load(even);
        Vector128<float> y = Vector128.Load(odd);
        return Sse.IsSupported
            ? Vector256.Create(Sse.UnpackLow(x, y), Sse.UnpackHigh(x, y))
            : Vector256.Create(x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Separate(Vector256<float> row, float* even, float* odd)
    {
        Vector128<float> low = row.GetLower();
        Vector128<float> high = row.GetUpper();
        if (Sse.IsSupported)
        {
            Sse.Shuffle(low, high, 0b10_00_10_00).Store(even);
            Sse.Shuffle(low, high, 0b11_01_11_01).Store(odd);
        }
        else
        {
            Vector128.Create(low[0], low[2], high[0], high[2]).Store(even);
            Vector128.Create(low[1], low[3], high[1], high[3]).Store(odd);
        }
    }

    // (8, 4) row-major to (4, 8).
    private static void Transpose(float* from, float* to)
    {
        if (Sse.IsSupported)
        {
            for (int half = 0; half < 2; half++)
            {
                Vector128<float> r0 = Vector128.Load(from + (16 * half));
                Vector128<float> r1 = Vector128.Load(from + (16 * half) + 4);
                Vector128<float> r2 = Vector128.Load(from + (16 * half) + 8);
                Vector128<float> r3 = Vector128.Load(from + (16 * half) + 12);
                Vector128<float> x = Sse.UnpackLow(r0, r1);
                Vector128<float> y = Sse.UnpackLow(r2, r3);
                Vector128<float> z = Sse.UnpackHigh(r0, r1);
                Vector128<float> w = Sse.UnpackHigh(r2, r3);
                Sse.MoveLowToHigh(x, y).Store(to + (4 * half));
                Sse.MoveHighToLow(y, x).Store(to + (4 * half) + 8);
                Sse.MoveLowToHigh(z, w).Store(to + (4 * half) + 16);
                Sse.MoveHighToLow(w, z).Store(to + (4 * half) + 24);
            }

            return;
        }

        for (int row = 0; row < 8; row++)
        {
            for (int column = 0; column < 4; column++)
            {
                to[(column * 8) + row] = from[(row * 4) + column];
            }
        }
    }

    // A register of f16 pairs holds what two registers of singles do.
    private static void Unpack(uint* pairs, float* singles)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            Vector512<uint> packed = Vector512.Load(pairs + lane);
            Binary16Factor.Low(packed).Store(singles + lane);
            Binary16Factor.High(packed).Store(singles + Lanes.Count + lane);
        }
    }

    private static void Pack(float* singles, uint* pairs)
    {
        for (int lane = 0; lane < Lanes.Count; lane += 16)
        {
            Vector512<uint> low = Binary16.Narrow(Vector512.Load(singles + lane));
            Vector512<uint> high = Binary16.Narrow(Vector512.Load(singles + Lanes.Count + lane));
            (low | Vector512.ShiftLeft(high, 16)).Store(pairs + lane);
        }
    }
}
