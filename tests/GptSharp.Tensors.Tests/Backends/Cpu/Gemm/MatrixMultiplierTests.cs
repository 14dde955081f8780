using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Threading;
using MathNet.Numerics.LinearAlgebra;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

public sealed unsafe class MatrixMultiplierTests
{
    private static readonly (int M, int N, int K)[] Sizes =
    [
        (1, 1, 1), (1, 5, 3), (3, 1, 7), (4, 64, 33), (5, 7, 0), (12, 32, 256), (13, 33, 257), (97, 95, 129), (100, 1, 50),
        (385, 257, 31), (128, 384, 1500), (7, 300, 700),
    ];

    public static TheoryData<SimdPath> Paths => [.. CpuFeatures.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Products_of_every_layout_and_size_are_MathNets(SimdPath path)
    {
        using var team = new ThreadTeam(2, path);
        using var multiplier = new MatrixMultiplier(team);
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
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                using var team = new ThreadTeam(threads, path);
                using var multiplier = new MatrixMultiplier(team);
                float[] result = Multiply(multiplier, Operand.AsIs, Operand.AsIs, m, n, k, 1, 0, false, extra: 0);
                first ??= result;
                Assert.Equal(first, result);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_rows_bits_do_not_depend_on_the_number_of_rows(SimdPath path)
    {
        using var team = new ThreadTeam(2, path);
        using var multiplier = new MatrixMultiplier(team);
        foreach ((int n, int k) in (ReadOnlySpan<(int, int)>)[(65, 33), (192, 768), (100, 1537), (7, 256), (40, 1)])
        {
            foreach (bool withBias in (ReadOnlySpan<bool>)[false, true])
            {
                float[] many = Multiply(multiplier, Operand.AsIs, Operand.Transposed, 400, n, k, 1, 0, withBias, extra: 0);
                foreach (int m in (ReadOnlySpan<int>)[1, 2, 4, 5, 16, 17, 25, 97])
                {
                    float[] few = Multiply(multiplier, Operand.AsIs, Operand.Transposed, m, n, k, 1, 0, withBias, extra: 0);
                    Assert.Equal(many[..few.Length], few);
                }
            }
        }
    }

    private static void Check(
        MatrixMultiplier multiplier, Matrix<double>? product, Operand layoutA, Operand layoutB, int m, int n, int k,
        float alpha, float beta, bool withBias)
    {
        const int extra = 3;
        float[] result = Multiply(multiplier, layoutA, layoutB, m, n, k, alpha, beta, withBias, extra);
        float[] bias = Numbers(n, 3);
        float[] start = Numbers(m * n, 4);
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
                Assert.Equal(-77f, result[(row * (n + extra)) + gap]);
            }
        }
    }

    // MathNet's; null for an empty sum, whose matrices MathNet does not have.
    private static Matrix<double>? Product(int m, int n, int k) =>
        k == 0 ? null : ToMatrix(Numbers(m * k, 1), m, k) * ToMatrix(Numbers(k * n, 2), k, n);

    private static float[] Multiply(
        MatrixMultiplier multiplier, Operand layoutA, Operand layoutB, int m, int n, int k,
        float alpha, float beta, bool withBias, int extra)
    {
        float[] a = Lay(Numbers(Math.Max(1, m * k), 1), m, k, layoutA, out int strideA);
        float[] b = Lay(Numbers(Math.Max(1, k * n), 2), k, n, layoutB, out int strideB);
        float[] bias = Numbers(n, 3);
        float[] start = Numbers(m * n, 4);
        var c = new float[m * (n + extra)];
        Array.Fill(c, -77f);
        for (int i = 0; i < m * n; i++)
        {
            c[(i / n * (n + extra)) + (i % n)] = beta == 0 ? float.NaN : start[i];
        }

        fixed (float* pa = a, pb = b, pc = c, pBias = bias)
        {
            multiplier.Run(
                pc, n + extra, new Factor<float>(pa, strideA, layoutA), new Factor<float>(pb, strideB, layoutB), withBias ? pBias : null,
                m, n, k, alpha, beta);
        }

        return c;
    }

    // Rows of the stored matrix are two floats longer than needed, and the surplus is NaN.
    private static float[] Lay(float[] values, int rows, int columns, Operand layout, out int stride)
    {
        (int storedRows, int storedColumns) = layout == Operand.AsIs ? (rows, columns) : (columns, rows);
        stride = storedColumns + 2;
        var stored = new float[Math.Max(1, storedRows * stride)];
        Array.Fill(stored, float.NaN);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int place = layout == Operand.AsIs ? (row * stride) + column : (column * stride) + row;
                stored[place] = values[(row * columns) + column];
            }
        }

        return stored;
    }

    private static Matrix<double> ToMatrix(float[] values, int rows, int columns) =>
        Matrix<double>.Build.Dense(rows, columns, (row, column) => values[(row * columns) + column]);

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }
}
