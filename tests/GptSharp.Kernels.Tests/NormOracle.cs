namespace GptSharp.Kernels.Tests;

/// <summary>LayerNorm and RMSNorm of rows in float64, as the textbook has them.</summary>
/// <param name="centred">True for LayerNorm.</param>
/// <param name="channels">C.</param>
/// <param name="x">(rows, C).</param>
/// <param name="weight">(C).</param>
/// <param name="epsilon">Added to the variance.</param>
internal sealed class NormOracle(bool centred, int channels, double[] x, double[] weight, double epsilon)
{
    public int Rows => x.Length / channels;

    public double Mean(int row) => centred ? Row(x, row).Average() : 0;

    public double InverseDeviation(int row)
    {
        double mean = Mean(row);
        return 1 / Math.Sqrt(Row(x, row).Average(value => (value - mean) * (value - mean)) + epsilon);
    }

    public double[] Output(double[]? bias)
    {
        var y = new double[x.Length];
        for (int row = 0; row < Rows; row++)
        {
            double[] normal = Normal(row);
            for (int c = 0; c < channels; c++)
            {
                y[(row * channels) + c] = (normal[c] * weight[c]) + (bias?[c] ?? 0);
            }
        }

        return y;
    }

    public double[] InputGradient(double[] dy)
    {
        var dx = new double[x.Length];
        for (int row = 0; row < Rows; row++)
        {
            double[] normal = Normal(row), upstream = Row(dy, row), g = [.. upstream.Zip(weight, (d, w) => d * w)];
            double meanG = centred ? g.Average() : 0, meanProduct = g.Zip(normal, (left, right) => left * right).Average();
            for (int c = 0; c < channels; c++)
            {
                dx[(row * channels) + c] = InverseDeviation(row) * (g[c] - meanG - (normal[c] * meanProduct));
            }
        }

        return dx;
    }

    public double[] WeightGradient(double[] dy) => ColumnSums(row => [.. Row(dy, row).Zip(Normal(row), (d, n) => d * n)]);

    public double[] BiasGradient(double[] dy) => ColumnSums(row => Row(dy, row));

    private double[] Normal(int row)
    {
        double mean = Mean(row), inverse = InverseDeviation(row);
        return Array.ConvertAll(Row(x, row), value => (value - mean) * inverse);
    }

    private double[] ColumnSums(Func<int, double[]> rowOf)
    {
        var sums = new double[channels];
        for (int row = 0; row < Rows; row++)
        {
            double[] values = rowOf(row);
            for (int c = 0; c < channels; c++)
            {
                sums[c] += values[c];
            }
        }

        return sums;
    }

    private double[] Row(double[] values, int row) => values[(row * channels)..((row + 1) * channels)];
}
