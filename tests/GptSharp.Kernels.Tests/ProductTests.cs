using GptSharp.Ptx;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>All products against binary64: ragged sizes, every epilogue, with race, bounds and initialisation checks.</summary>
public sealed class ProductTests
{
    public static TheoryData<string, int, int, string> Tiled =>
        [.. ProductKernels.Tiled.Select(each => (each.Kernel.Image, each.Kernel.Rows, each.Kernel.Columns, each.Types))];

    public static TheoryData<string, ActivationFunction> Functions =>
        [.. from types in new[] { "f32", "bf16" } from function in Enum.GetValues<ActivationFunction>() select (types, function)];

    [Theory]
    [MemberData(nameof(Tiled))]
    public void A_tile_more_or_less_than_the_matrix_is_right(string product, int rows, int columns, string types)
    {
        ProductKernel kernel = ProductKernels.Find(product, rows, columns);
        bool across = kernel.Form == OperandForm.TN;

        // Two tiles in both directions, the second hardly begun, and a last k-block of a few terms; then next to nothing.
        AssertRight(kernel, types, (rows + (across ? 8 : 3), columns + 8, across ? 203 : 200));
        AssertRight(kernel, types, (across ? 8 : 1, 8, across ? 1 : 8));
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    [InlineData("bf16_f32")]
    public void Odd_sizes_and_distances_are_right_however_operands_lie(string types)
    {
        foreach (OperandForm form in Enum.GetValues<OperandForm>())
        {
            ProductKernel kernel = ProductKernels.Any(form, ProductEpilogue.Linear);
            AssertRight(kernel, types, (67, 65, 37));
            AssertRight(kernel, types, (1, 1, 1));
        }
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    public void Up_to_16_rows_of_any_length_are_right(string types)
    {
        foreach (string product in new[] { "linear", "linear_activation" })
        {
            foreach ((int rows, int columns, int[] counts) in new[] { (1, 8, new[] { 1 }), (4, 16, [2, 4]), (16, 16, [5, 16]) })
            {
                ProductKernel kernel = ProductKernels.Find(product, rows, columns);
                foreach (int count in counts)
                {
                    AssertRight(kernel, types, (count, 19, 1320));
                    AssertRight(kernel, types, (count, 16, 45));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Every_function_is_applied_and_differentiated(string types, ActivationFunction function)
    {
        foreach (ProductKernel kernel in new[]
        {
            ProductKernels.Find("linear_activation", 64, 64), ProductKernels.Any(OperandForm.NT, ProductEpilogue.Activation),
            ProductKernels.Find("linear_backward_input_activation", 64, 64), ProductKernels.Any(OperandForm.NN, ProductEpilogue.Slope),
        })
        {
            using ProductBench bench = new(kernel, types, (40, 72, 16))
            {
                Function = function,
                HasBias = kernel.Epilogue != ProductEpilogue.Slope,
                Beta = 0.5f,
                Options = new LaunchOptions { Workers = 1, Perturb = true },
            };
            bench.Launch();
            Assert.InRange(bench.WorstError(), 0, 1);
        }
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    public void A_pre_activation_that_is_not_kept_changes_no_bit(string types)
    {
        ProductKernel kernel = ProductKernels.Find("linear_activation", 64, 64);
        using ProductBench keeps = new(kernel, types, (40, 72, 48)) { HasBias = true };
        using ProductBench drops = new(kernel, types, (40, 72, 48)) { HasBias = true, KeepsPre = false };

        keeps.Launch();
        drops.Launch();

        Assert.Equal(keeps.Result(), drops.Result());
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("linear_backward_input")]
    [InlineData("linear_backward_weight")]
    public void Which_tile_is_chosen_does_not_show_in_the_bits_of_BF16(string product)
    {
        byte[][] results = [.. new[] { (64, 64), (128, 128), (128, 256) }.Select(tile =>
        {
            using ProductBench bench = new(ProductKernels.Find(product, tile.Item1, tile.Item2), "bf16", (72, 264, 328)) { HasBias = true };
            bench.Launch();
            return bench.Result();
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [InlineData(MmaModel.Ampere)]
    [InlineData(MmaModel.Hopper)]
    public void The_way_in_which_tensor_cores_round_is_good_enough(MmaModel model)
    {
        using ProductBench bench = new(ProductKernels.Find("linear", 64, 64), "bf16", (40, 72, 264))
        {
            Options = new LaunchOptions { Workers = 1, Mma = model },
        };
        bench.Launch();
        Assert.InRange(bench.WorstError(), 0, 1);
    }

    [Theory]
    [InlineData("linear", 64, 64, "bf16")]
    [InlineData("linear_backward_weight", 64, 64, "bf16_f32")]
    [InlineData("linear", 64, 64, "f32")]
    public void No_barrier_and_no_wait_can_be_left_out(string product, int rows, int columns, string types)
    {
        ProductKernel kernel = ProductKernels.Find(product, rows, columns);
        string[] lines = KernelImages.ReadText(kernel.Image).Split('\n');
        int first = Array.FindIndex(lines, line => line.Contains($".entry {kernel.Name}_{types}(", StringComparison.Ordinal));
        int[] waits =
        [
            .. Enumerable.Range(first, Array.FindIndex(lines, first, line => line.StartsWith('}')) - first).Where(i =>
                lines[i].Contains("bar.sync", StringComparison.Ordinal) || lines[i].Contains("bar.warp", StringComparison.Ordinal)
                || lines[i].Contains("wait_group", StringComparison.Ordinal)),
        ];
        Assert.InRange(waits.Length, types == "f32" ? 2 : 7, 8);

        foreach (int wait in waits)
        {
            string[] mutant = [.. lines];
            mutant[wait] = "";
            using ProductBench bench = new(kernel, types, (72, 72, 328)) { Module = PtxModule.Parse(string.Join('\n', mutant)) };
            Assert.Throws<KernelFaultException>(() => bench.Launch());
        }
    }

    [Theory]
    [InlineData("linear", 128, 128, "bf16")]
    [InlineData("linear_backward_weight", 64, 64, "bf16_f32")]
    [InlineData("linear_backward_input", 128, 128, "f32")]
    public void The_order_of_warps_and_blocks_changes_no_bit(string product, int rows, int columns, string types)
    {
        byte[]? first = null;
        foreach (int? seed in new int?[] { null, 1, 2 })
        {
            using ProductBench bench = new(ProductKernels.Find(product, rows, columns), types, (136, 136, 200))
            {
                HasBias = true,
                Options = new LaunchOptions { Workers = 1, ShuffleSeed = seed },
            };
            bench.Launch();
            first ??= bench.Result();
            Assert.Equal(first, bench.Result());
        }
    }

    private static void AssertRight(ProductKernel kernel, string types, (int M, int N, int K) size)
    {
        using ProductBench bench = new(kernel, types, size) { HasBias = kernel.Epilogue != ProductEpilogue.Slope, Beta = 0.5f };
        bench.Launch();
        Assert.InRange(bench.WorstError(), 0, 1);
    }
}
