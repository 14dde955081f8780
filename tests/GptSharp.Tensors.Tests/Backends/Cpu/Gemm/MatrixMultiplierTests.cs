using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Threading;
using GptSharp.Tensors.Backends.Reference;
using MathNet.Numerics.LinearAlgebra;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

public sealed unsafe class MatrixMultiplierTests
{
    private static readonly (int M, int N, int K)[] Sizes =
    [
        (1, 1, 1), (1, 5, 3), (3, 1, 7), (4, 64, 33), (5, 7, 0), (12, 32, 768), (13, 33, 769), (16, 32, 100), (20, 40, 1601), (97, 95, 129), (100, 1, 50),
        (385, 257, 31), (128, 384, 1500), (7, 300, 700),
    ];

    public static TheoryData<SimdPath> Paths => [.. CpuFeatures.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Products_of_every_layout_and_size_are_MathNets(SimdPath path)
    {
        using var team = new ThreadTeam(2, path);
        using var multiplier = new MatrixMultiplier(team, new ReferenceBackend());
        foreach ((int m, int n, int k) in Sizes)
        {
            Matrix<double>? product = Product(m, n, k);
            foreach (Operand a in Enum.GetValues<Operand>())
            {
                foreach (Operand b in Enum.GetValues<Operand>())
                {
                    Check(multiplier, product, a, b, m, n, k, alpha: 1, beta: 0, withBias: false);
                    Check(multiplier, product, a, b, m, n, k, alpha: -0.5f, beta: 2, withBias: true);
                    Check(multiplier, product, a, b, m, n, k, alpha: 3, beta: 1, withBias: false);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Bits_do_not_depend_on_the_number_of_threads(SimdPath path)
    {
        foreach ((int m, int n, int k) in Sizes)
        {
            float[]? first = null;
            BF16[]? firstOfBF16 = null;
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                using var team = new ThreadTeam(threads, path);
                using var multiplier = new MatrixMultiplier(team, new ReferenceBackend());
                float[] result = Products.Multiply<float, float>(multiplier, Operand.AsIs, Operand.AsIs, m, n, k, 1, 0, false, extra: 0);
                BF16[] ofBF16 = Products.Multiply<BF16, BF16>(multiplier, Operand.Transposed, Operand.AsIs, m, n, k, 1, 1, false, extra: 0);
                first ??= result;
                firstOfBF16 ??= ofBF16;
                Assert.Equal(first, result);
                Assert.Equal(firstOfBF16, ofBF16);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_rows_bits_do_not_depend_on_the_number_of_rows(SimdPath path)
    {
        using var team = new ThreadTeam(2, path);
        using var multiplier = new MatrixMultiplier(team, new ReferenceBackend());
        foreach ((int n, int k) in (ReadOnlySpan<(int, int)>)[(65, 33), (192, 768), (100, 1537), (7, 256), (40, 1)])
        {
            foreach (bool withBias in (ReadOnlySpan<bool>)[false, true])
            {
                float[] many = Products.Multiply<float, float>(multiplier, Operand.AsIs, Operand.Transposed, 400, n, k, 1, 0, withBias, extra: 0);
                foreach (int m in (ReadOnlySpan<int>)[1, 2, 4, 5, 16, 17, 25, 97])
                {
                    float[] few = Products.Multiply<float, float>(multiplier, Operand.AsIs, Operand.Transposed, m, n, k, 1, 0, withBias, extra: 0);
                    Assert.Equal(many[..few.Length], few);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_product_of_BF16_is_the_float_product_of_the_same_numbers_rounded_once(SimdPath path)
    {
        using var team = new ThreadTeam(2, path);
        using var multiplier = new MatrixMultiplier(team, new ReferenceBackend());
        foreach ((int m, int n, int k) in Sizes)
        {
            foreach (Operand a in Enum.GetValues<Operand>())
            {
                foreach (Operand b in Enum.GetValues<Operand>())
                {
                    // The instruction for pairs adds in an order of its own; with a factor, and everywhere else, the order is the same.
                    double slack = path == SimdPath.Avx512BF16 ? 1e-6 * Math.Sqrt(k + 1) : 0;
                    CheckBF16(multiplier, a, b, m, n, k, alpha: 1, beta: 0, withBias: true, slack);
                    CheckBF16(multiplier, a, b, m, n, k, alpha: 1, beta: 1, withBias: false, slack);
                    CheckBF16(multiplier, a, b, m, n, k, alpha: -0.5f, beta: 2, withBias: true, slack: 0);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_rows_bits_do_not_depend_on_the_number_of_rows_in_BF16(SimdPath path)
    {
        using var team = new ThreadTeam(2, path);
        using var multiplier = new MatrixMultiplier(team, new ReferenceBackend());
        foreach ((int n, int k) in (ReadOnlySpan<(int, int)>)[(65, 33), (192, 768), (100, 1537)])
        {
            BF16[] many = Products.Multiply<BF16, BF16>(multiplier, Operand.AsIs, Operand.Transposed, 400, n, k, 1, 0, true, extra: 0);
            foreach (int m in (ReadOnlySpan<int>)[1, 2, 5, 16, 17, 97])
            {
                BF16[] few = Products.Multiply<BF16, BF16>(multiplier, Operand.AsIs, Operand.Transposed, m, n, k, 1, 0, true, extra: 0);
                Assert.Equal(many[..few.Length], few);
            }
        }
    }

    [Fact]
    public void A_result_of_BF16_takes_a_block_per_thread_and_no_copy_of_itself()
    {
        const int rows = 4096, columns = 2048;
        using var team = new ThreadTeam(2, CpuFeatures.Available[0]);
        using var multiplier = new MatrixMultiplier(team, new ReferenceBackend());
        long before = multiplier.WorkspaceBytes;

        Products.Multiply<BF16, BF16>(multiplier, Operand.AsIs, Operand.Transposed, rows, columns, 3, 1, 0, false, extra: 0);

        Assert.InRange(multiplier.WorkspaceBytes - before, 1, (2 * 9 * (1 << 14) * sizeof(float)) + (1 << 16)); // a fourteenth of the result
    }

    private static void CheckBF16(
        MatrixMultiplier multiplier, Operand a, Operand b, int m, int n, int k, float alpha, float beta, bool withBias,
        double slack)
    {
        const int extra = 3;
        float[] wide = Products.Multiply<float, float>(multiplier, a, b, m, n, k, alpha, beta, withBias, extra, inBF16: true);
        float[] mixed = Products.Multiply<float, BF16>(multiplier, a, b, m, n, k, alpha, beta, withBias, extra);
        BF16[] narrow = Products.Multiply<BF16, BF16>(multiplier, a, b, m, n, k, alpha, beta, withBias, extra);

        if (slack == 0)
        {
            Assert.Equal(wide, mixed);
        }
        else
        {
            Assert.All(wide.Zip(mixed), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, slack));
        }

        Assert.Equal(Array.ConvertAll(mixed, value => (BF16)value), narrow);
    }

    private static void Check(
        MatrixMultiplier multiplier, Matrix<double>? product, Operand layoutA, Operand layoutB, int m, int n, int k,
        float alpha, float beta, bool withBias)
    {
        const int extra = 3;
        float[] result = Products.Multiply<float, float>(multiplier, layoutA, layoutB, m, n, k, alpha, beta, withBias, extra);
        float[] bias = Products.Numbers(n, 3);
        float[] start = Products.Numbers(m * n, 4);
        double scale = Math.Sqrt(k + 1) * 1e-5;
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                double expected = (alpha * (product?[row, column] ?? 0)) + (withBias ? bias[column] : 0)
                    + (beta == 0 ? 0 : beta * start[(row * n) + column]);
                float got = result[(row * (n + extra)) + column];
                if (!(Math.Abs(got - expected) <= scale))
                {
                    Assert.Fail($"({m}, {n}, {k}) {layoutA} {layoutB}: element ({row}, {column}) is {got}, expected {expected}.");
                }
            }

            // What lies between the rows is not the product's to write.
            for (int gap = n; gap < n + extra; gap++)
            {
                Assert.Equal(Products.Gap, result[(row * (n + extra)) + gap]);
            }
        }
    }

    // MathNet's; null for an empty sum, whose matrices MathNet does not have.
    private static Matrix<double>? Product(int m, int n, int k) =>
        k == 0 ? null : ToMatrix(Products.Numbers(m * k, 1), m, k) * ToMatrix(Products.Numbers(k * n, 2), k, n);

    private static Matrix<double> ToMatrix(float[] values, int rows, int columns) =>
        Matrix<double>.Build.Dense(rows, columns, (row, column) => values[(row * columns) + column]);
}
