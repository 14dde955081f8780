using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Kernels.Tests;

/// <summary>The rungs of kernels/ladder/layer_norm: each right for any row, each with the figure that its header promises.</summary>
public sealed class LayerNormLadderTests
{
    private const float Epsilon = 1e-5f;

    // Rows of a block, threads, dynamic shared memory.
    private static readonly (string File, string Kernel, int Rows, int Threads, int Shared)[] Rungs =
    [
        ("01_naive", "layer_norm_naive", 128, 128, 0),
        ("02_block_per_row", "layer_norm_block_per_row", 1, 256, 0),
        ("03_warp_per_row", "layer_norm_warp_per_row", 8, 256, 0),
        ("04_row_in_registers", "layer_norm_row_in_registers", 8, 256, 0),
        ("05_vectors", "layer_norm_vectors", 8, 256, 0),
        ("06_shared_weights", "layer_norm_shared_weights", 8, 256, 8192),
    ];

    public static TheoryData<int, int, int> Shapes => new(
        from rung in Enumerable.Range(1, Rungs.Length)
        from shape in ((int, int)[])[(64, 768), (5, 333), (1, 1), (9, 1028), (3, 2050), (130, 32)]
        where rung != 5 || shape.Item2 % 4 == 0
        select (rung, shape.Item1, shape.Item2));

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_rung_normalises_like_float64(int rung, int rows, int channels)
    {
        using KernelBench bench = new();
        (double[] x, double[] weight, double[] bias, DeviceBuffer y, DeviceBuffer mean, DeviceBuffer rstd, _) = Run(bench, rung, rows, channels);

        float[] actual = y.Read<float>(), actualMean = mean.Read<float>(), actualRstd = rstd.Read<float>();
        for (int row = 0; row < rows; row++)
        {
            double[] values = x[(row * channels)..((row + 1) * channels)];
            double average = values.Average(), r = 1 / Math.Sqrt(values.Average(v => (v - average) * (v - average)) + Epsilon);
            Assert.Equal(average, actualMean[row], 1e-6);
            Assert.InRange(actualRstd[row] / r, 1 - 2e-6, 1 + 2e-6);
            for (int c = 0; c < channels; c++)
            {
                Assert.Equal(((values[c] - average) * r * weight[c]) + bias[c], actual[(row * channels) + c], 2e-5);
            }
        }
    }

    [Fact]
    public void Every_rung_improves_what_its_header_names()
    {
        const int Rows = 64, Channels = 768;
        LaunchCounters[] counters = [.. Enumerable.Range(1, Rungs.Length).Select(rung => Count(rung, Rows, Channels))];
        double minimum = 4.0 * ((2 * Rows * Channels) + (2 * Channels) + (2 * Rows));
        double[] overMinimum = [.. counters.Select(c => c.Accesses.GlobalBytes / minimum)];

        // One block of 64 threads with rows: a request of a whole warp touches 32 sectors, those of weight and bias one.
        Assert.InRange(counters[0].SectorsPerRequest, 20, 32);
        Assert.InRange(counters[1].SectorsPerRequest, 3.9, 4);
        Assert.InRange(overMinimum[2], 2.9, 3);
        Assert.True(counters[1].Count(InstructionClass.Barrier) > 0);
        Assert.Equal(0, counters[2].Count(InstructionClass.Barrier));
        Assert.InRange(overMinimum[3], 1.9, 2);
        Assert.InRange((double)counters[4].Accesses.GlobalRequests / counters[3].Accesses.GlobalRequests, 0.25, 0.27);
        Assert.InRange(overMinimum[5], 1, 1.11);
    }

    private static LaunchCounters Count(int rung, int rows, int channels)
    {
        using KernelBench bench = new();
        return Run(bench, rung, rows, channels).Counters;
    }

    private static (double[] X, double[] Weight, double[] Bias, DeviceBuffer Y, DeviceBuffer Mean, DeviceBuffer Rstd, LaunchCounters Counters) Run(
        KernelBench bench, int rung, int rows, int channels)
    {
        (string file, string kernel, int rowsPerBlock, int threads, int shared) = Rungs[rung - 1];
        DeviceBuffer x = bench.Floats(rows * channels, "x"), weight = bench.Floats(channels, "weight"), bias = bench.Floats(channels, "bias");
        DeviceBuffer y = bench.Output(4L * rows * channels, "y"), mean = bench.Output(4 * rows, "mean"), rstd = bench.Output(4 * rows, "rstd");
        LaunchCounters counters = bench.Launch(
            $"ladder/layer_norm/{file}", kernel, new LaunchShape((rows + rowsPerBlock - 1) / rowsPerBlock, threads, shared),
            y, mean, rstd, x, weight, bias, rows, channels, Epsilon);
        return (Doubles(x), Doubles(weight), Doubles(bias), y, mean, rstd, counters);
    }

    private static double[] Doubles(DeviceBuffer buffer) => Array.ConvertAll(buffer.Read<float>(), value => (double)value);
}
