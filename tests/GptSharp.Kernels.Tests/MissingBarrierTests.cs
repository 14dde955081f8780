using System.Text.RegularExpressions;
using GptSharp.Ptx;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>That no race was found where warps meet in shared memory says something only if one would be found without the barrier.</summary>
public sealed partial class MissingBarrierTests
{
    [Fact]
    public void The_warps_of_a_row_of_logits_must_meet()
    {
        const int V = 4096;
        using KernelBench bench = new();
        DeviceBuffer logits = bench.Halves(V, "logits"), target = bench.Memory.Allocate<int>([7], "target");
        DeviceBuffer report = bench.Memory.Allocate<ulong>([ulong.MaxValue, ulong.MaxValue], "report");
        KernelArgument[] arguments = [bench.Output(4, "row loss"), bench.Output(4, "log sum exp"), logits, target, report, V, V];

        CheckBarriers("cross_entropy", "cross_entropy_bf16", threads: 128, arguments, bench);
    }

    [Fact]
    public void The_threads_of_a_sum_of_squares_must_meet()
    {
        using KernelBench bench = new();
        CheckBarriers("gradient_norm", "gradient_norm_f32", threads: 512, [bench.Output(8, "sums"), bench.Floats(9000, "g"), 9000L], bench);
    }

    [Fact]
    public void The_warps_that_share_rows_of_a_normalisation_must_meet_for_each_sum()
    {
        const int rows = 3, C = 1032;
        using KernelBench bench = new();
        KernelArgument[] arguments =
        [
            bench.Output(rows * C * 2, "y"), bench.Output(rows * 4, "mean"), bench.Output(rows * 4, "rstd"),
            bench.Halves(rows * C, "x"), bench.Halves(C, "weight"), bench.Halves(C, "bias"), rows, C, rows, 1f / C, 1e-5f,
        ];
        CheckBarriers("layer_norm", "layer_norm_wide_bf16", threads: 96, arguments, bench, sharedBytes: 2 * 1536 * 2);
    }

    [Fact]
    public void The_warps_that_share_rows_of_a_normalisations_gradient_must_meet_for_several_rows()
    {
        const int rows = 3, batch = 2, C = 1032;
        using KernelBench bench = new();
        KernelArgument[] arguments =
        [
            bench.Output(rows * C * 2, "dx"), bench.Output(2 * C * 4, "partial"), bench.Halves(rows * C, "dy"), bench.Halves(rows * C, "x"),
            bench.Halves(C, "weight"), bench.Floats(rows, "mean"), bench.Floats(rows, "rstd"), rows, C, rows, batch, 1f / C, 0f,
        ];
        CheckBarriers("layer_norm", "layer_norm_backward_wide_bf16", threads: 96, arguments, bench, sharedBytes: batch * 2 * 1536 * 2);
    }

    private static void CheckBarriers(string image, string kernel, int threads, KernelArgument[] arguments, KernelBench bench, int sharedBytes = 0)
    {
        string text = KernelImages.ReadText(image);
        int start = text.IndexOf($".entry {kernel}(", StringComparison.Ordinal), end = text.IndexOf("\n}", start, StringComparison.Ordinal);
        Match[] barriers = [.. Barrier().Matches(text).Where(barrier => barrier.Index > start && barrier.Index < end)];

        Assert.NotEmpty(barriers);
        Run(text);
        Assert.All(barriers, barrier => Assert.Throws<KernelFaultException>(() => Run(text.Remove(barrier.Index, barrier.Length))));

        void Run(string ptx) => PtxModule.Parse(ptx).Launch(
            kernel, new Dimensions(1), new Dimensions(threads), arguments, bench.Memory, new LaunchOptions { Workers = 1, SharedBytes = sharedBytes });
    }

    [GeneratedRegex(@"bar\.sync\s+0;")]
    private static partial Regex Barrier();
}
