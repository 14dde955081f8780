using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class GatedUnitTests
{
    public static TheoryData<DType, int, int> Shapes => new()
    {
        { DType.F32, 3, 2048 },
        { DType.F32, 3, 37 },
        { DType.BF16, 3, 2048 },
        { DType.BF16, 3, 37 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SwiGLU_is_that_of_float64_and_every_byte_moves_once(DType type, int rows, int width)
    {
        using KernelBench bench = new();
        int count = rows * width;
        DeviceBuffer x = bench.Normal(type, 2 * count, "x", 3), y = bench.Output(type, count, "y");
        LaunchShape shape = Shape(type, rows, width);

        LaunchCounters counters = bench.Launch("gated_unit", "gated_unit" + type.Suffix(), shape, y, x, width, (int)ActivationFunction.Swish);

        (double[] a, double[] b) = Halves(x.Read(type), width);
        Stored.AssertClose(type, [.. a.Zip(b, (gate, value) => gate * Sigmoid(gate) * value)], y.Read(type), relative: 3e-6);
        AssertFigures(counters, width, 3L * count * type.Size());
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_of_SwiGLU_are_those_of_float64_and_every_byte_moves_once(DType type, int rows, int width)
    {
        using KernelBench bench = new();
        int count = rows * width;
        DeviceBuffer x = bench.Normal(type, 2 * count, "x", 3), dy = bench.Normal(type, count, "dy"), dx = bench.Output(type, 2 * count, "dx");
        LaunchShape shape = Shape(type, rows, width);
        string kernel = "gated_unit_backward" + type.Suffix();

        LaunchCounters counters = bench.Launch("gated_unit", kernel, shape, dx, dy, x, width, (int)ActivationFunction.Swish, 0f);

        (double[] a, double[] b) = Halves(x.Read(type), width);
        double[] upstream = dy.Read(type), once = dx.Read(type), expected = new double[2 * count];
        for (int i = 0; i < count; i++)
        {
            double s = Sigmoid(a[i]);
            int left = (i / width * 2 * width) + (i % width);
            expected[left] = upstream[i] * b[i] * (s + (a[i] * s * Sigmoid(-a[i])));
            expected[left + width] = upstream[i] * a[i] * s;
        }

        Stored.AssertClose(type, expected, once, relative: 3e-6, size: 10);
        AssertFigures(counters, width, 5L * count * type.Size());
        LaunchCounters added = bench.Launch("gated_unit", kernel, shape, dx, dy, x, width, (int)ActivationFunction.Swish, 1f);
        Stored.AssertClose(type, [.. expected.Zip(once, (value, old) => value + old)], dx.Read(type), relative: 3e-6, size: 20);
        AssertFigures(added, width, 7L * count * type.Size());
    }

    // Rows of odd widths start anywhere in a sector.
    private static void AssertFigures(LaunchCounters counters, int width, long minimumBytes)
    {
        if (width % 8 == 0)
        {
            counters.AssertStreams(minimumBytes);
        }

        Assert.Equal(minimumBytes, counters.Accesses.GlobalBytes);
    }

    private static LaunchShape Shape(DType type, int rows, int width)
    {
        int pack = 16 / type.Size(), packs = (width + pack - 1) / pack, threads = Math.Min((packs + 31) / 32 * 32, 256);
        return new((rows, (packs + threads - 1) / threads), threads);
    }

    private static (double[] A, double[] B) Halves(double[] x, int width) => (
        [.. x.Where((_, i) => i % (2 * width) < width)],
        [.. x.Where((_, i) => i % (2 * width) >= width)]);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
