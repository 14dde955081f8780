using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Kernels.Tests;

/// <summary>Column sums against binary64, and what they read.</summary>
public sealed class LinearBackwardBiasTests
{
    private const int Slice = 256;

    [Theory]
    [InlineData("f32", 600, 72, 0f)]
    [InlineData("f32", 600, 37, 0.5f)]
    [InlineData("f32", 1, 1, 0f)]
    [InlineData("bf16", 600, 264, 0.5f)]
    [InlineData("bf16", 257, 37, 0f)]
    public void Columns_are_summed_whatever_their_number(string type, int rows, int columns, float beta)
    {
        using KernelBench bench = new();
        bool halves = type == "bf16";
        (int slices, int pack) = ((rows + Slice - 1) / Slice, halves ? 8 : 4);
        DeviceBuffer dy = Values(bench, halves, (long)rows * columns, "dy"), dBias = Values(bench, halves, columns, "dBias");
        (double[] upstream, double[] old) = (Read(dy, halves), Read(dBias, halves));
        DeviceBuffer partial = bench.Output(4L * slices * columns, "partial sums");

        LaunchCounters counters = bench.Launch(
            "linear_backward_bias", $"linear_backward_bias_{type}", new LaunchShape((columns + (32 * pack) - 1) / (32 * pack), slices, 1, 256, 0),
            partial, dy, rows, columns, Slice);
        bench.Launch(
            "linear_backward_bias", $"linear_backward_bias_sum_{type}", new LaunchShape((columns + 31) / 32, 256), dBias, partial, beta, columns, slices);

        double[] result = Read(dBias, halves);
        for (int c = 0; c < columns; c++)
        {
            double[] column = [.. Enumerable.Range(0, rows).Select(r => upstream[((long)r * columns) + c])];
            double expected = column.Sum() + (beta * old[c]), rounding = column.Sum(Math.Abs) * Math.Pow(2, -22);
            Assert.InRange(Math.Abs(result[c] - expected), 0, rounding + (Math.Abs(expected) * Math.Pow(2, halves ? -8 : -22)));
        }

        Assert.Equal(dy.Bytes.Length, counters.UniqueBytesLoaded);
        Assert.Equal(dy.Bytes.Length + partial.Bytes.Length, counters.Accesses.GlobalBytes);
        Assert.Equal(counters.Accesses.IdealWavefronts, counters.Accesses.Wavefronts);
        Assert.InRange(counters.MaxLiveRegisters, 1, 82);
    }

    private static DeviceBuffer Values(KernelBench bench, bool halves, long count, string name) =>
        halves ? bench.Halves(count, name) : bench.Floats(count, name);

    private static double[] Read(DeviceBuffer buffer, bool halves) => halves
        ? KernelBench.ReadHalves(buffer)
        : Array.ConvertAll(KernelBench.ReadFloats(buffer), value => (double)value);
}
