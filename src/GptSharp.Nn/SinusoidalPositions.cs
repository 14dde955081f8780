using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn;

/// <summary>
/// Fixed position embeddings: row p holds sin(p / 10000^(2i/C)) at column 2i and the cosine of the same at 2i + 1
/// (Vaswani et al. 2017, section 3.5).
/// </summary>
public static class SinusoidalPositions
{
    /// <summary>The embeddings of the first positions, row by row.</summary>
    /// <param name="positions">Number of rows.</param>
    /// <param name="channels">C, number of columns.</param>
    public static double[] Values(int positions, int channels)
    {
        var values = new double[(long)positions * channels];
        for (int p = 0; p < positions; p++)
        {
            for (int c = 0; c < channels; c++)
            {
                double angle = p / Math.Pow(10000, (c / 2 * 2) / (double)channels);
                values[(p * channels) + c] = c % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle);
            }
        }

        return values;
    }

    internal static Tensor Create(SessionArena arena, int positions, int channels, DType type)
    {
        Tensor table = arena.New((positions, channels), type, "sinusoidal positions");
        table.UploadDoubles(Values(positions, channels));
        return table;
    }
}
