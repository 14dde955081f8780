using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn;

/// <summary>The table that <see cref="Ops.Rope"/> reads: row p holds the cosines of position p's R / 2 angles, then their sines.</summary>
internal static class RotaryTable
{
    /// <summary>(S, R), computed in double precision.</summary>
    public static Tensor Create(SessionArena arena, GptConfig config, DType type)
    {
        double[] frequencies = config.Rope.Frequencies(config.RopeWidth);
        int pairs = frequencies.Length;
        var values = new double[(long)config.BlockSize * 2 * pairs];
        for (int p = 0; p < config.BlockSize; p++)
        {
            for (int i = 0; i < pairs; i++)
            {
                (double sine, double cosine) = Math.SinCos(p * frequencies[i]);
                values[(p * 2 * pairs) + i] = cosine;
                values[(p * 2 * pairs) + pairs + i] = sine;
            }
        }

        Tensor table = arena.New((config.BlockSize, 2 * pairs), type, "rotary angles");     // (S, R)
        table.UploadDoubles(values);
        return table;
    }
}
