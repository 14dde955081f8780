using GptSharp.Ptx;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors.Backends.Cuda.AttentionRoutes;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>
/// That no race was found in the kernels of attention's gradients says something only if one would be found: each barrier and each wait for
/// copies up to the last product is taken out, one at a time.
/// </summary>
public sealed class AttentionBackwardHazardTests
{
    private static readonly string[] Orders = ["bar.sync", "cp.async.wait_group"];

    // Two heads share the keys, so that the stages pass from one head to the next.
    private static readonly AttentionProblem Problem = new(1, 200, 2, 1, 64);

    [Theory]
    [InlineData(true, 0, 5)]
    [InlineData(true, 1, 5)]
    [InlineData(false, 0, 6)]
    [InlineData(false, 1, 4)]
    public void Every_barrier_and_every_wait_is_missed(bool ownsKeys, int choice, int mutants)
    {
        AttentionBackwardTile tile = AttentionGradientBench.RouteOf(Problem, isHalf: true, tensorCores: true, ownsKeys).Tiles()[choice];
        string[] lines = KernelLines(tile);
        int lastProduct = Array.FindLastIndex(lines, line => line.Contains("mma.sync", StringComparison.Ordinal));
        int[] orders =
        [
            .. Enumerable.Range(0, lastProduct)
                .Where(line => Orders.Any(order => lines[line].TrimStart().StartsWith(order, StringComparison.Ordinal))),
        ];

        Assert.Equal(mutants, orders.Length);
        Run(lines, without: -1);
        Assert.All(orders, line => Assert.Throws<KernelFaultException>(() => Run(lines, without: line)));

        void Run(string[] text, int without)
        {
            PtxModule module = PtxModule.Parse(string.Join('\n', text.Where((_, line) => line != without)));
            using AttentionGradientBench bench = new(Problem, isHalf: true);
            bench.Delta("attention_delta_d64_bf16");
            bench.Gradients(module, tile, ownsKeys);
        }
    }

    // The image's head and the one kernel.
    private static string[] KernelLines(AttentionBackwardTile tile)
    {
        string[] lines = KernelImages.ReadText(tile.Image).Split('\n');
        int first = Array.FindIndex(lines, line => line.StartsWith(".visible .entry", StringComparison.Ordinal));
        int start = Array.FindIndex(lines, line => line.StartsWith($".visible .entry {tile.Name}(", StringComparison.Ordinal));
        int end = Array.FindIndex(lines, start, line => line.StartsWith('}'));
        return [.. lines[..first], .. lines[start..(end + 1)]];
    }
}
