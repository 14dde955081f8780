using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class ElementwiseKernelsTests
{
    // Shorter than a register, one register and its neighbours, several parts and a tail.
    public static TheoryData<int> Lengths => [1, 3, 4, 15, 16, 17, 100, 8192, 20_011];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Add_is_the_exact_float_sum(int count)
    {
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count), a = c.Input(count), b = c.Input(count);
        c.Run(
            team => ElementwiseKernels.Add<float>(y, a, b, count, team),
            () =>
            {
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(a[i] + b[i], y[i]);
                }
            });
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Add_may_write_over_an_operand(int count)
    {
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count, beta: 1), b = c.Input(count);
        c.Run(
            team => ElementwiseKernels.Add<float>(y, y, b, count, team),
            () =>
            {
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(y.Initial[i] + b[i], y[i]);
                }
            });
    }

    [Theory]
    [CombinatorialLengthsAndBetas]
    public void Scale_multiplies_and_accumulates(int count, float beta)
    {
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count, beta), x = c.Input(count);
        c.Run(
            team => ElementwiseKernels.Scale<float, float>(y, x, count, -1.75f, beta, team),
            () =>
            {
                for (int i = 0; i < count; i++)
                {
                    double expected = (-1.75 * x[i]) + (beta == 0 ? 0 : beta * (double)y.Initial[i]);
                    KernelCase.AssertNear(expected, y[i], 1e-6, "y", i);
                }
            });
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    [InlineData(150_001)]
    public void Fill_and_copy_touch_every_element(int count)
    {
        using KernelCase c = new(count);
        GuardedFloats filled = c.Output(count), copy = c.Output(count), x = c.Input(count);
        c.Run(
            team =>
            {
                ElementwiseKernels.Fill<float>(filled, count, 2.5f, team);
                ElementwiseKernels.Copy<float>(copy, x, count, team);
            },
            () =>
            {
                Assert.True(filled.Values.IndexOfAnyExcept(2.5f) < 0);
                Assert.True(copy.Values.SequenceEqual(x.Values));
            });
    }
}
