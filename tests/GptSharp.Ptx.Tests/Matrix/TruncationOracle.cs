using System.Numerics;
using GptSharp.Ptx.Tests.Arithmetic;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>
/// Tensor cores' sums by exact fractions: each term cut toward zero to a multiple of 2^(e − F), e being the largest exponent of any
/// term, where a product's exponent is the sum of its factors'.
/// </summary>
internal static class TruncationOracle
{
    public static uint Sum(MmaForm form, MmaModel model, uint[,] a, uint[,] b, uint c, int row, int column)
    {
        int fractionBits = model == MmaModel.Ampere ? 24 : 25;
        int group = model == MmaModel.Hopper ? form.Depth : form.Type == "tf32" ? 4 : 8;
        float accumulator = form.Value(c);
        RationalNumber sum = default;
        for (int first = 0; first < form.Depth; first += group)
        {
            var terms = new List<(double Value, int Exponent)> { (accumulator, Exponent(accumulator, -126)) };
            int least = form.Type == "f16" ? -14 : -126;
            for (int k = first; k < Math.Min(first + group, form.Depth); k++)
            {
                double x = form.Factor(a[row, k]);
                double y = form.Factor(b[k, column]);
                terms.Add((x * y, Exponent(x, least) + Exponent(y, least)));
            }

            terms.RemoveAll(term => term.Value == 0);
            int largest = terms.Count == 0 ? 0 : terms.Max(term => term.Exponent);
            BigInteger units = BigInteger.Zero;
            foreach ((double value, _) in terms)
            {
                units += new BigInteger(Math.Truncate(Math.ScaleB(value, fractionBits - largest)));
            }

            sum = RationalNumber.Scaled(units, largest - fractionBits);
            accumulator = BitConverter.UInt32BitsToSingle((uint)sum.Round(23, 8, 'z', false));
        }

        return form.Accumulator == "f32" ? BitConverter.SingleToUInt32Bits(accumulator) : (uint)sum.Round(10, 5, 'n', false);
    }

    private static int Exponent(double value, int least) => value == 0 ? least : Math.Max(least, Math.ILogB(value));
}
