using GptSharp.Cuda.Emulation;
using GptSharp.Ptx.Counters;
using GptSharp.Tensors.Backends.Cuda;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>The bytes that LayerNorm and RMSNorm ask for, with the blocks that the backend chooses for a number of rows.</summary>
public sealed class NormTrafficTests
{
    public static TheoryData<bool, string, int, int> Sizes => new(
        from centred in (bool[])[true, false]
        from type in (string[])["f32", "bf16"]
        from rows in (int[])[256, 512, 1024, 2048, 4096]
        from channels in (int[])[768, 1024, 1600]
        where channels == 768 || rows is 256 or 1024 // enough to see the blocks chosen; more take long to emulate
        select (centred, type, rows, channels));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Forward_asks_for_at_most_105_of_the_least_and_backward_too_beside_few_partial_sums(bool centred, string type, int rows, int channels)
    {
        DType storage = type == "f32" ? DType.F32 : DType.BF16;
        (LaunchCounters forward, LaunchCounters backward, long partial) = Run(centred, storage, rows, channels);

        long tensor = (long)rows * channels * storage.Size(), statistics = rows * (centred ? 8L : 4L), weights = channels * (long)storage.Size();
        AssertAtMost(1.05, forward.Accesses.GlobalBytes, (2 * tensor) + ((centred ? 2 : 1) * weights) + statistics);
        AssertAtMost(1.05, backward.Accesses.GlobalBytes - partial, (3 * tensor) + weights + statistics);
        AssertAtMost(0.15, 2 * partial, (3 * tensor) + weights + statistics);
    }

    /// <summary>Two rows of 8,192 binary32 numbers do not fit into 99 KB, and yet they share a barrier.</summary>
    [Theory]
    [InlineData(true, 80)]
    [InlineData(true, 86)]
    [InlineData(false, 89)]
    public void Backward_passes_a_barrier_for_every_second_row_of_the_widest(bool centred, int capability)
    {
        const int rows = 64, warps = 16;
        (_, LaunchCounters backward, _) = Run(centred, DType.F32, rows, channels: 8192, capability);
        Assert.Equal(rows / 2, Barriers(backward) / warps);
    }

    /// <summary>The sums over rows need one barrier for several rows, or none for any number of them.</summary>
    [Theory]
    [InlineData(true, 1600)]
    [InlineData(false, 4096)]
    [InlineData(true, 768)]
    public void Backward_passes_a_barrier_for_every_fourth_row_or_less_often(bool centred, int channels)
    {
        const int rows = 512;
        (_, LaunchCounters backward, _) = Run(centred, DType.BF16, rows, channels);
        int warps = channels > 1024 ? (channels + 511) / 512 : 8, blocks = (rows + 19) / 20;
        long passed = Barriers(backward) / warps;
        Assert.InRange(passed, 1, channels > 1024 ? (rows / 4) + (rows / 8) : 11 * blocks);
    }

    /// <summary>Of fewer rows than 256 the weights and the partial sums weigh more: the rows are spread over more multiprocessors instead.</summary>
    [Fact]
    public void Few_rows_have_a_block_for_every_four()
    {
        (LaunchCounters forward, _, long partial) = Run(centred: true, DType.F32, rows: 64, channels: 768);

        Assert.Equal(64 / 4 * 2 * 768 * sizeof(float), partial);
        AssertAtMost(1.26, forward.Accesses.GlobalBytes, 2L * 64 * 768 * sizeof(float));
    }

    private static void AssertAtMost(double share, long bytes, long minimum) =>
        Assert.True(bytes <= share * minimum, $"{bytes} bytes are {bytes / (double)minimum:F3} of {minimum}, more than {share}");

    private static long Barriers(LaunchCounters counters) => counters.Statements
        .Where(statement => statement.Text.StartsWith("bar.sync", StringComparison.Ordinal)).Sum(statement => statement.Executions);

    private static (LaunchCounters Forward, LaunchCounters Backward, long PartialBytes) Run(
        bool centred, DType type, int rows, int channels, int capability = 80)
    {
        Dictionary<string, LaunchCounters> counters = [];
        using EmulatorDriver driver = new(new EmulatorOptions { Counters = true, Capability = capability });
        driver.Launched = launch => counters[launch.Kernel.Name] = launch.Report!.Counters!;
        using Engine engine = new(new CudaBackend(driver, "emulator", new CudaOptions { Graphs = false }));
        using Step step = engine.BeginStep(new StepOptions { Training = true });
        Tensor x = step.New((rows, channels), type), weight = step.New(channels, type), bias = step.New(channels, type), dy = step.New((rows, channels), type);
        Tensor y = step.New((rows, channels), type), dx = step.New((rows, channels), type);
        Tensor mean = step.New(rows, DType.F32), rstd = step.New(rows, DType.F32);
        Tensor dWeight = step.New(channels, DType.F32), dBias = step.New(channels, DType.F32);
        foreach (Tensor tensor in (Tensor[])[x, weight, bias, dy])
        {
            engine.Backend.Fill(tensor, 1);
        }

        if (centred)
        {
            engine.Backend.LayerNorm(y, mean, rstd, x, weight, bias, 1e-5);
            engine.Backend.LayerNormBackward(dx, dWeight, dBias, dy, x, weight, mean, rstd, 0, 0, 0);
        }
        else
        {
            engine.Backend.RMSNorm(y, rstd, x, weight, 1e-5);
            engine.Backend.RMSNormBackward(dx, dWeight, dy, x, weight, rstd, 0, 0);
        }

        string name = centred ? "layer_norm" : "rms_norm";
        LaunchCounters sums = counters.Single(pair => pair.Key.StartsWith("column_sums", StringComparison.Ordinal)).Value;
        long partial = sums.Accesses.GlobalBytes - ((centred ? 2 : 1) * channels * sizeof(float));
        return (
            counters.Single(pair => pair.Key.StartsWith(name, StringComparison.Ordinal) && !pair.Key.Contains("backward", StringComparison.Ordinal)).Value,
            counters.Single(pair => pair.Key.StartsWith(name + "_backward", StringComparison.Ordinal)).Value,
            partial);
    }
}
