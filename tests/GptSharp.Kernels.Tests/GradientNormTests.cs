using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class GradientNormTests
{
    private const int ElementsPerBlock = 65536, Threads = 512;

    [Theory]
    [InlineData("f32", 1)]
    [InlineData("f32", 37)]
    [InlineData("f32", (3 * ElementsPerBlock) + 8197)]
    [InlineData("bf16", 5)]
    [InlineData("bf16", (2 * ElementsPerBlock) + 16389)]
    public void The_norm_is_that_of_float64_wherever_the_array_begins(string type, int count)
    {
        foreach (int start in (int[])[0, 1])
        {
            using KernelBench bench = new();
            (DeviceBuffer g, double[] values) = Gradients(bench, type, start + count);
            double expected = Math.Sqrt(values.Skip(start).Sum(value => value * value));

            (float norm, _, _) = Norm(bench, type, g, start, count, new LaunchOptions());

            Assert.InRange(norm / expected, 1 - 3e-7, 1 + 3e-7);
        }
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    public void The_bits_do_not_depend_on_the_order_of_warps_and_blocks(string type)
    {
        int count = (2 * ElementsPerBlock) + 777;
        using KernelBench bench = new();
        (DeviceBuffer g, _) = Gradients(bench, type, count);
        (float inOrder, _, _) = Norm(bench, type, g, 0, count, new LaunchOptions());
        foreach (int seed in (int[])[1, 2, 3])
        {
            (float shuffled, _, _) = Norm(bench, type, g, 0, count, new LaunchOptions { ShuffleSeed = seed });
            Assert.Equal(BitConverter.SingleToInt32Bits(inOrder), BitConverter.SingleToInt32Bits(shuffled));
        }
    }

    [Theory]
    [InlineData("f32", 4, 2.1)]
    [InlineData("bf16", 2, 2.7)]
    public void Every_gradient_is_read_once_in_ideal_requests_four_in_flight(string type, int size, double instructionsPerElement)
    {
        int count = 16 * ElementsPerBlock;
        using KernelBench bench = new();
        (DeviceBuffer g, _) = Gradients(bench, type, count);

        (_, LaunchCounters sums, LaunchCounters root) = Norm(bench, type, g, 0, count, new LaunchOptions { Counters = true });

        long minimum = (long)count * size;
        Assert.InRange(sums.Accesses.GlobalBytes + root.Accesses.GlobalBytes, minimum, (long)(1.05 * minimum));
        Assert.Equal(sums.Accesses.Wavefronts, sums.Accesses.IdealWavefronts);
        StatementCounters[] loads = [.. sums.Statements.Where(s => s is { Executions: > 0 } && s.Text.StartsWith("ld.global", StringComparison.Ordinal))];
        Assert.Equal(4, loads.Length);
        Assert.All(loads, load => Assert.Contains(".v4.", load.Text, StringComparison.Ordinal));
        Assert.All(loads, load => Assert.Equal(16, load.Accesses.Sectors / load.Accesses.GlobalRequests));
        Assert.InRange(InstructionCounts.PerElement(sums, count), 0, instructionsPerElement);
        Assert.InRange(sums.MaxLiveRegisters, 1, 82);
    }

    private static (DeviceBuffer Gradients, double[] Values) Gradients(KernelBench bench, string type, int count)
    {
        DeviceBuffer g = type == "f32" ? bench.Floats(count, "g", 0.3) : bench.Halves(count, "g", 0.3);
        return (g, type == "f32" ? Array.ConvertAll(g.Read<float>(), value => (double)value) : KernelBench.ReadHalves(g));
    }

    private static (float Norm, LaunchCounters Sums, LaunchCounters Root) Norm(
        KernelBench bench, string type, DeviceBuffer gradients, int start, int count, LaunchOptions options)
    {
        int blocks = (count + ElementsPerBlock - 1) / ElementsPerBlock, size = type == "f32" ? sizeof(float) : sizeof(ushort);
        (DeviceBuffer sums, DeviceBuffer norm) = (bench.Output(8L * blocks, "sums"), bench.Output(4, "norm"));
        LaunchReport first = bench.Launch(
            "gradient_norm", $"gradient_norm_{type}", new LaunchShape(blocks, Threads), options,
            sums, gradients.Address + (ulong)(start * size), (long)count);
        LaunchReport second = bench.Launch(
            "gradient_norm", "gradient_norm_root", new LaunchShape(1, Threads), options, norm, sums, blocks);
        return (norm.Read<float>()[0], first.Counters!, second.Counters!);
    }
}
