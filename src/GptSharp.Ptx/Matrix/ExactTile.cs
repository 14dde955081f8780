using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>The tile of <see cref="FastTile"/> with the arithmetic of hardware: element by element, for spot checks.</summary>
internal static unsafe class ExactTile
{
    private const int Rows = 16;
    private const int Columns = 8;
    private const int MaximumDepth = 16;

    /// <summary>Computes one tile. A has 2 · <paramref name="steps"/> registers, B has <paramref name="steps"/>, the accumulators 4, or 2 of f16.</summary>
    public static void Compute<TFactor>(byte* registers, int* d, int* a, int* b, int* c, int steps, bool halfC, bool halfD, MmaModel model)
        where TFactor : struct, IFactor
    {
        uint* aMatrix = stackalloc uint[Rows * MaximumDepth];      // (row, k)
        uint* bMatrix = stackalloc uint[MaximumDepth * Columns];   // (k, column)
        uint* accumulators = stackalloc uint[Rows * Columns];      // (row, column), singles
        int parts = TFactor.PerRegister;
        int depth = steps * parts * 4;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            int g = lane >> 2;
            int t = lane & 3;
            for (int step = 0; step < steps; step++)
            {
                for (int part = 0; part < parts; part++)
                {
                    int k = (step * parts * 4) + (t * parts) + part;
                    aMatrix[(g * MaximumDepth) + k] = Factor<TFactor>(registers, a[2 * step], lane, part);
                    aMatrix[((g + 8) * MaximumDepth) + k] = Factor<TFactor>(registers, a[(2 * step) + 1], lane, part);
                    bMatrix[(k * Columns) + g] = Factor<TFactor>(registers, b[step], lane, part);
                }
            }

            for (int index = 0; index < 4; index++)
            {
                int element = ((g + (index >> 1 << 3)) * Columns) + (2 * t) + (index & 1);
                accumulators[element] = halfC
                    ? BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf(
                        (ushort)(((uint*)(registers + c[index >> 1]))[lane] >> (16 * (index & 1)))))
                    : ((uint*)(registers + c[index]))[lane];
            }
        }

        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                uint* element = accumulators + (row * Columns) + column;
                *element = Sum(aMatrix + (row * MaximumDepth), bMatrix + column, *element, depth, TFactor.Format, halfD, model);
            }
        }

        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            int g = lane >> 2;
            int t = lane & 3;
            for (int half = 0; half < 2; half++)
            {
                uint* pair = accumulators + ((g + (8 * half)) * Columns) + (2 * t);
                if (halfD)
                {
                    ((uint*)(registers + d[half]))[lane] = pair[0] | (pair[1] << 16);
                }
                else
                {
                    ((uint*)(registers + d[2 * half]))[lane] = pair[0];
                    ((uint*)(registers + d[(2 * half) + 1]))[lane] = pair[1];
                }
            }
        }
    }

    // Ampere adds eight products of 16-bit factors, or four of TF32, and rounds to single precision in between.
    private static uint Sum(uint* a, uint* b, uint accumulator, int depth, FloatFormat format, bool half, MmaModel model)
    {
        int fractionBits = model == MmaModel.Ampere ? 24 : 25;
        int group = model != MmaModel.Ampere ? depth : format == FloatFormat.TF32 ? 4 : 8;
        for (int first = 0; first < depth; first += group)
        {
            var sum = new TruncatedSum(fractionBits);
            sum.Add(accumulator);
            for (int k = first; k < first + group; k++)
            {
                sum.AddProduct(a[k], b[k * Columns], format);
            }

            bool last = first + group == depth;
            accumulator = last && half
                ? sum.Round(FloatFormat.F16, RoundingMode.NearestEven)
                : sum.Round(FloatFormat.F32, RoundingMode.TowardZero);
        }

        return accumulator;
    }

    private static uint Factor<TFactor>(byte* registers, int offset, int lane, int part)
        where TFactor : struct, IFactor
    {
        uint register = ((uint*)(registers + offset))[lane];
        return TFactor.PerRegister == 2 ? register >> (16 * part) & 0xffff : register >> 13;
    }
}
