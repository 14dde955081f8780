using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// Copies blocks of BF16 factors into panels of pairs: two terms of a line, one after the other, take the place of one float. Lines whose
/// number of terms is odd end with a zero; places beyond the edge are zero.
/// </summary>
internal static unsafe class PairPacking
{
    /// <summary>Packs lines as <see cref="Packing.Run"/> does, in pairs.</summary>
    public static void Run(float* target, Lines<BF16> source, int count, int length, int width, long panelStride)
    {
        for (int first = 0; first < count; first += width)
        {
            uint* panel = (uint*)target + (first / width * panelStride);
            int lines = Math.Min(width, count - first);
            if (source.LineStride == 1)
            {
                Interleave(panel, (ushort*)source.Data + first, source.TermStride, lines, length, width);
            }
            else
            {
                Turn(panel, (ushort*)source.Data + (first * source.LineStride), source.LineStride, lines, length, width);
            }
        }
    }

    // A term's lines lie together: those of two terms take turns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interleave(uint* panel, ushort* source, long termStride, int lines, int length, int width)
    {
        int first = 0;
        if (lines == width && NarrowPanel.CanStore<Lanes512>(width) && Avx512BW.IsSupported)
        {
            const int terms = 2 * NarrowPanel.Terms;
            for (; first <= length - terms; first += terms, source += terms * termStride, panel += NarrowPanel.Terms * width)
            {
                NarrowPanel.Store(
                    (float*)panel, Twelve(source, termStride), Twelve(source + (2 * termStride), termStride),
                    Twelve(source + (4 * termStride), termStride), Twelve(source + (6 * termStride), termStride));
            }
        }

        for (int term = first; term < length; term += 2, source += 2 * termStride, panel += width)
        {
            bool isWhole = term + 1 < length;
            int line = 0;
            if (isWhole && Avx512BW.IsSupported)
            {
                for (; line <= lines - 16; line += 16)
                {
                    Vector512<uint> low = Avx512BW.ConvertToVector512UInt32(Vector256.Load(source + line));
                    Vector512<uint> high = Avx512BW.ConvertToVector512UInt32(Vector256.Load(source + termStride + line));
                    (low | (high << 16)).Store(panel + line);
                }
            }

            for (; line < lines; line++)
            {
                panel[line] = source[line] | (isWhole ? (uint)source[termStride + line] << 16 : 0);
            }

            for (; line < width; line++)
            {
                panel[line] = 0;
            }
        }
    }

    // Twelve lines of two terms, without a look at what lies behind them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes512 Twelve(ushort* source, long termStride)
    {
        Vector512<uint> low = Avx512BW.ConvertToVector512UInt32(Vector256.Create(Vector128.Load(source), Vector64.Load(source + 8).ToVector128()));
        Vector512<uint> high = Avx512BW.ConvertToVector512UInt32(
            Vector256.Create(Vector128.Load(source + termStride), Vector64.Load(source + termStride + 8).ToVector128()));
        return Unsafe.BitCast<Vector512<uint>, Lanes512>(low | (high << 16));
    }

    // A line's terms lie together: pairs are turned over as if they were floats, but never computed with.
    private static void Turn(uint* panel, ushort* source, long lineStride, int lines, int length, int width)
    {
        int whole = length / 2 & -16;
        if (lineStride % 2 == 0 && whole > 0)
        {
            LaneTranspose.Run<Lanes512, float>((float*)panel, width, (float*)source, (nint)(lineStride / 2), lines, whole);
        }
        else
        {
            whole = 0;
        }

        for (int line = 0; line < width; line++)
        {
            ushort* terms = source + (line * lineStride);
            for (int pair = line < lines ? whole : 0; pair < (length + 1) / 2; pair++)
            {
                panel[(pair * width) + line] = line >= lines ? 0
                    : terms[2 * pair] | ((2 * pair) + 1 < length ? (uint)terms[(2 * pair) + 1] << 16 : 0);
            }
        }
    }
}
