using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// Copies blocks of the factors into panels that the micro-kernel reads front to back: for each term of the sum, the tile's rows
/// of a, or the tile's columns of b, side by side. Places beyond the edge are zero.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>
    /// Packs <paramref name="count"/> lines of <paramref name="length"/> terms each into panels of <paramref name="width"/> lines.
    /// </summary>
    /// <param name="target">(panels, length, width).</param>
    /// <param name="source">Line i's term p is at source[i lineStride + p termStride]; one of the strides is 1.</param>
    /// <param name="lineStride">From line to line.</param>
    /// <param name="termStride">From term to term.</param>
    /// <param name="count">Lines.</param>
    /// <param name="length">Terms.</param>
    /// <param name="width">Lines per panel.</param>
    public static void Run(
        float* target, float* source, long lineStride, long termStride, int count, int length, int width)
    {
        for (int first = 0; first < count; first += width)
        {
            int lines = Math.Min(width, count - first);
            float* panelSource = source + (first * lineStride);
            if (lineStride == 1)
            {
                CopyRuns(target, panelSource, termStride, lines, length, width);
            }
            else
            {
                TransposeLines(target, panelSource, lineStride, lines, length, width);
            }

            target += (long)length * width;
        }
    }

    private static void CopyRuns(float* target, float* source, long termStride, int lines, int length, int width)
    {
        for (int p = 0; p < length; p++)
        {
            var run = new Span<float>(target, width);
            new Span<float>(source, lines).CopyTo(run);
            run[lines..].Clear();
            target += width;
            source += termStride;
        }
    }

    private static void TransposeLines(float* target, float* source, long lineStride, int lines, int length, int width)
    {
        Transpose.Run(target, width, source, (nint)lineStride, lines, length, 1);
        for (int p = 0; p < length && lines < width; p++)
        {
            new Span<float>(target + ((long)p * width) + lines, width - lines).Clear();
        }
    }
}
