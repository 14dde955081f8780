using System.Runtime.InteropServices;
using GptSharp.Tensors.Backends.Cpu.Assembly;
using GptSharp.Tensors.Backends.Cpu.Gemm;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Assembly;

public sealed unsafe class DotProductRowsTests
{
    private const int Columns = DotProductTile.Columns;

    // The rows are parts of longer ones, as where a product goes through them in chunks.
    public static MatrixTheoryData<int, int, int> Cases => new(Enumerable.Range(1, DotProductRows.MostRows), [1, 2, 7, 128], [0, 5]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sums_are_those_of_double_precision_and_those_of_the_tile_to_the_bit(int rows, int pairs, int between)
    {
        Assert.SkipUnless(DotProductRows.IsAvailable, "this processor has no AVX512-BF16, or the system no Linux on x64.");
        int stride = pairs + between;
        BF16* x = Numbers(2 * stride * rows, seed: 1), panel = Numbers(2 * pairs * Columns, seed: 2), packed = Numbers(2 * pairs * DotProductTile.Rows, seed: 3);
        for (int row = 0; row < rows; row++)
        {
            for (int term = 0; term < 2 * pairs; term++)
            {
                packed[(2 * ((term / 2 * DotProductTile.Rows) + row)) + (term % 2)] = x[(2 * stride * row) + term];
            }
        }

        const float Untouched = 77;
        float[] sums = new float[(rows * Columns) + Columns], tile = new float[DotProductTile.Rows * Columns];
        Array.Fill(sums, Untouched);
        ReadAhead ahead = default;
        fixed (float* result = sums, corner = tile)
        {
            DotProductRows.Run(result, (uint*)x, stride, (uint*)panel, pairs, rows);
            DotProductTile.Run(corner, Columns, (uint*)packed, (uint*)panel, pairs, add: false, ref ahead);
        }

        Assert.Equal(tile.AsSpan(0, rows * Columns), sums.AsSpan(0, rows * Columns));
        Assert.All(sums[(rows * Columns)..], sum => Assert.Equal(Untouched, sum));
        for (int i = 0; i < rows * Columns; i++)
        {
            (int row, int column) = Math.DivRem(i, Columns);
            double exact = 0, magnitude = 0;
            for (int term = 0; term < 2 * pairs; term++)
            {
                double product = (double)x[(2 * stride * row) + term] * panel[(2 * ((term / 2 * Columns) + column)) + (term % 2)];
                exact += product;
                magnitude += Math.Abs(product);
            }

            // Each addition rounds a sum that is at most the magnitude, by half of 2^-23; there are as many as terms.
            Assert.InRange(sums[i], exact - (magnitude * 2 * pairs * 6e-8), exact + (magnitude * 2 * pairs * 6e-8));
        }

        NativeMemory.AlignedFree(x);
        NativeMemory.AlignedFree(panel);
        NativeMemory.AlignedFree(packed);
    }

    private static BF16* Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = (BF16*)NativeMemory.AlignedAlloc((nuint)count * (nuint)sizeof(BF16), 64);
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (BF16)(random.NextSingle() - 0.5f);
        }

        return numbers;
    }
}
