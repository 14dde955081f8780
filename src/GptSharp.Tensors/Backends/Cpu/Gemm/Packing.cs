using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// Copies blocks of the factors, widened to float, into panels that the micro-kernel reads front to back: for each term of the sum,
/// the tile's rows of a, or the tile's columns of b, side by side. Places beyond the edge are zero.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>
    /// Packs <paramref name="count"/> lines of <paramref name="length"/> terms each into panels of <paramref name="width"/> lines.
    /// </summary>
    /// <param name="target">(panels, length, width).</param>
    /// <param name="source">The lines.</param>
    /// <param name="count">Lines.</param>
    /// <param name="length">Terms.</param>
    /// <param name="width">Lines per panel.</param>
    /// <param name="panelStride">Floats from panel to panel.</param>
    public static void Run<T, TSource>(float* target, Lines<TSource> source, int count, int length, int width, long panelStride)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged
    {
        if (source.LineStride == 1)
        {
            CopyRuns<T, TSource>(target, source.Data, source.TermStride, count, length, width, panelStride);
            return;
        }

        for (int first = 0; first < count; first += width)
        {
            TransposeLines<T, TSource>(
                target + (first / width * panelStride), source.Data + (first * source.LineStride), source.LineStride,
                Math.Min(width, count - first), length, width);
        }
    }

    // Some terms at a time, all panels at once: what lies together is read together, and a panel's next place is never far.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRuns<T, TSource>(float* target, TSource* source, long termStride, int count, int length, int width, long panelStride)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged
    {
        int p = 0;
        if (NarrowPanel.CanStore<T>(width))
        {
            for (; p <= length - NarrowPanel.Terms; p += NarrowPanel.Terms)
            {
                TSource* from = source + (p * termStride);
                float* to = target + ((long)p * width);
                for (int left = count; left > 0; left -= width, from += width, to += panelStride)
                {
                    NarrowPanel.Store(
                        to, Read<T, TSource>(from, left), Read<T, TSource>(from + termStride, left),
                        Read<T, TSource>(from + (2 * termStride), left), Read<T, TSource>(from + (3 * termStride), left));
                }
            }
        }

        for (; p < length; p++)
        {
            TSource* from = source + (p * termStride);
            float* to = target + ((long)p * width);
            for (int first = 0; first < count; first += width, to += panelStride)
            {
                for (int line = 0; line < width; line += T.Count)
                {
                    T.StorePartial(to + line, Read<T, TSource>(from + first + line, count - first - line), Math.Min(width - line, T.Count));
                }
            }
        }
    }

    // Up to a register of lines, zeros beyond the last.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T, TSource>(TSource* source, int left)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged => left >= T.Count ? T.Load(source) : T.LoadPartial(source, Math.Max(left, 0));

    private static void TransposeLines<T, TSource>(float* target, TSource* source, long lineStride, int lines, int length, int width)
        where T : unmanaged, ILanes<T>
        where TSource : unmanaged
    {
        LaneTranspose.Run<T, TSource>(target, width, source, (nint)lineStride, lines, length);
        for (int p = 0; p < length && lines < width; p++)
        {
            new Span<float>(target + ((long)p * width) + lines, width - lines).Clear();
        }
    }
}
