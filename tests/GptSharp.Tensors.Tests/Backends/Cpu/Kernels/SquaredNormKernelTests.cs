using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class SquaredNormKernelTests
{
    [Fact]
    public void Small_integers_give_the_exact_sum_at_every_length_up_to_a_hundred()
    {
        for (int count = 1; count <= 100; count++)
        {
            Check(count, i => (i % 7) - 3, roundings: 0);
        }
    }

    [Theory]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(32_767)]
    [InlineData(32_768)]
    [InlineData(32_769)]
    [InlineData(150_001)]
    public void Small_integers_give_the_exact_sum_over_several_runs_and_parts(int count) =>
        Check(count, i => (i % 7) - 3, roundings: 0);

    [Theory]
    [InlineData(9)]
    [InlineData(100)]
    [InlineData(70_001)]
    public void Other_numbers_are_within_the_rounding_of_a_run_of_256(int count)
    {
        var random = new Random(count);

        // Four lanes and 64 terms each is the longest chain of additions.
        Check(count, _ => (float)(random.NextDouble() - 0.5), roundings: 68);
    }

    [Fact]
    public void Magnitudes_whose_squares_add_up_beyond_a_float_do_not_overflow_between_runs() =>
        Check(100_000, _ => 1e18f, roundings: 68);

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(70_001)]
    public void Squares_of_BF16_are_the_squares_of_the_widened_numbers(int count)
    {
        using KernelCase c = new(count);
        GuardedHalves x = c.InputHalves(count);
        GuardedFloats wide = c.Input(count, i => x.Initial[i]), workspace = c.Workspace(2 * SquaredNormKernel.WorkspaceCount(count));
        (double narrow, double expected) = (0, 0);
        c.Run(
            team =>
            {
                narrow = SquaredNormKernel.Run<BF16>(x, count, (double*)workspace.Pointer, team);
                expected = SquaredNormKernel.Run<float>(wide, count, (double*)workspace.Pointer, team);
            },
            () => Assert.Equal(expected, narrow));
    }

    private static void Check(int count, Func<int, float> value, int roundings)
    {
        using KernelCase c = new(count);
        GuardedFloats x = c.Input(count, value), result = c.Output(2), workspace = c.Workspace(2 * SquaredNormKernel.WorkspaceCount(count));
        double expected = 0;
        foreach (float number in x.Initial)
        {
            expected += (double)number * number;
        }

        c.Run(
            team =>
            {
                // The result's bits become an output, so that they are compared between numbers of threads.
                double sum = SquaredNormKernel.Run<float>(x, count, (double*)workspace.Pointer, team);
                Unsafe.WriteUnaligned(result.Pointer, sum);
            },
            () => Assert.Equal(expected, Unsafe.ReadUnaligned<double>(result.Pointer), expected * roundings / (1 << 24)));
    }
}
