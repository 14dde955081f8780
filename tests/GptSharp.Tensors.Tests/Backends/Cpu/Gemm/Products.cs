using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

/// <summary>Products of random matrices in every layout and storage, with gaps between the rows.</summary>
internal static unsafe class Products
{
    /// <summary>What lies between the rows of a result and must stay there.</summary>
    public const float Gap = -77;

    /// <summary>Random numbers between -1 and 1.</summary>
    public static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    /// <summary>(m, n + extra): the product of numbers 1 and 2, with bias 3, added to numbers 4.</summary>
    /// <param name="multiplier">Who multiplies.</param>
    /// <param name="layoutA">How a lies.</param>
    /// <param name="layoutB">How b lies.</param>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Terms.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of the old result; 0 makes it NaN.</param>
    /// <param name="withBias">Whether there is a bias.</param>
    /// <param name="extra">Length of the gaps.</param>
    /// <param name="inBF16">Rounds the numbers to BF16 first, however they are stored.</param>
    public static TResult[] Multiply<TResult, TFactor>(
        MatrixMultiplier multiplier, Operand layoutA, Operand layoutB, int m, int n, int k,
        float alpha, float beta, bool withBias, int extra, bool inBF16 = false)
        where TResult : unmanaged
        where TFactor : unmanaged
    {
        inBF16 |= typeof(TFactor) == typeof(BF16);
        TFactor[] a = Lay<TFactor>(Given(m * k, 1), m, k, layoutA, out int strideA);
        TFactor[] b = Lay<TFactor>(Given(k * n, 2), k, n, layoutB, out int strideB);
        TFactor[] bias = Store<TFactor>(Given(n, 3));
        float[] start = Given(m * n, 4);
        var c = new float[m * (n + extra)];
        Array.Fill(c, Gap);
        for (int i = 0; i < m * n; i++)
        {
            c[(i / n * (n + extra)) + (i % n)] = beta == 0 ? float.NaN : start[i];
        }

        TResult[] result = Store<TResult>(c);
        fixed (TFactor* pa = a, pb = b, pBias = bias)
        fixed (TResult* pc = result)
        {
            multiplier.Run(
                pc, n + extra, new Factor<TFactor>(pa, strideA, layoutA), new Factor<TFactor>(pb, strideB, layoutB),
                withBias ? pBias : null, m, n, k, alpha, beta);
        }

        return result;

        float[] Given(int count, int seed)
        {
            float[] numbers = Numbers(count, seed);
            return inBF16 ? Array.ConvertAll(numbers, number => (float)(BF16)number) : numbers;
        }
    }

    // Rows of the stored matrix are two elements longer than needed, and the surplus is NaN.
    private static TStorage[] Lay<TStorage>(float[] values, int rows, int columns, Operand layout, out int stride)
        where TStorage : unmanaged
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

        return Store<TStorage>(stored);
    }

    private static TStorage[] Store<TStorage>(float[] values)
        where TStorage : unmanaged
    {
        var stored = new TStorage[values.Length];
        fixed (TStorage* target = stored)
        {
            for (int i = 0; i < values.Length; i++)
            {
                Stored.Store(target + i, values[i]);
            }
        }

        return stored;
    }
}
