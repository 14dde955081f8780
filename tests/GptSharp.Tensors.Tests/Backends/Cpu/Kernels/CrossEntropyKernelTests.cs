using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class CrossEntropyKernelTests
{
    private const int Ignored = -1;

    public static TheoryData<int, int, int, float> Cases => new()
    {
        { 1, 1, 1, 0 },
        { 3, 2, 64, 0 },
        { 5, 65, 128, 0 },
        { 40, 65, 128, 1 },
        { 9, 256, 256, 0.5f },
        { 300, 77, 128, 0 },
        { 4, 5000, 5056, 1 },
        { 2, 50257, 50304, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_and_gradient_are_the_formulas(int rows, int columns, int stride, float beta)
    {
        const float Scale = 0.37f;
        using KernelCase c = new(columns);
        GuardedFloats loss = c.Output(rows), logSumExp = c.Output(rows), dLogits = c.Output(rows * stride, beta);

        // Padding holds NaN: it must not be read.
        GuardedFloats logits = c.Input(rows * stride, i => i % stride < columns ? (float)(5 * c.Normal()) : float.NaN);
        int[] target = [.. Enumerable.Range(0, rows).Select(r => r % 4 == 3 ? Ignored : c.Next(columns))];
        GuardedFloats targets = c.InputIntegers(rows, r => target[r]);
        double sum = 0;
        c.Run(
            team =>
            {
                sum = CrossEntropyKernel.Forward(
                    loss, logSumExp, logits, (int*)targets.Pointer, rows, columns, stride, Ignored, team);
                CrossEntropyKernel.Backward(
                    dLogits, logits, (int*)targets.Pointer, logSumExp, rows, columns, stride, Ignored, Scale, beta, team);
            },
            () =>
            {
                double expectedSum = 0;
                for (int r = 0; r < rows; r++)
                {
                    double[] z = [.. Enumerable.Range(0, columns).Select(v => (double)logits[(r * stride) + v])];
                    double largest = z.Max(), normalizer = largest + Math.Log(z.Sum(v => Math.Exp(v - largest)));
                    double expectedLoss = target[r] == Ignored ? 0 : normalizer - z[target[r]];
                    expectedSum += expectedLoss;
                    KernelCase.AssertNear(normalizer, logSumExp[r], 3e-7, "logSumExp", r);
                    KernelCase.AssertNear(expectedLoss, loss[r], 3e-7, "loss", r);
                    for (int v = 0; v < stride; v++)
                    {
                        int i = (r * stride) + v;
                        double slope = target[r] == Ignored || v >= columns
                            ? 0 : Scale * (Math.Exp(z[v] - normalizer) - (v == target[r] ? 1 : 0));
                        double held = beta == 0 ? 0 : beta * (double)dLogits.Initial[i];
                        KernelCase.AssertNear(slope + held, dLogits[i], 5e-7, "dLogits", i);
                    }
                }

                Assert.Equal(expectedSum, sum, 3e-7 * (1 + expectedSum));
            });
    }

    [Theory]
    [InlineData(7, 65, 128)]
    [InlineData(3, 5000, 5056)]
    public void The_gradient_may_take_the_place_of_the_logits(int rows, int columns, int stride)
    {
        using KernelCase c = new(columns);
        GuardedFloats inPlace = c.Output(rows * stride, beta: 1), apart = c.Output(rows * stride);
        GuardedFloats logits = c.Input(rows * stride, i => inPlace.Initial[i]), logSumExp = c.Input(rows, _ => 9);
        GuardedFloats targets = c.InputIntegers(rows, r => r == 1 ? Ignored : 11 * r);
        c.Run(
            team =>
            {
                int* t = (int*)targets.Pointer;
                CrossEntropyKernel.Backward(apart, logits, t, logSumExp, rows, columns, stride, Ignored, 1, 0, team);
                CrossEntropyKernel.Backward(inPlace, inPlace, t, logSumExp, rows, columns, stride, Ignored, 1, 0, team);
            },
            () => Assert.Equal(apart.Values.ToArray(), inPlace.Values.ToArray()));
    }

    [Fact]
    public void Logits_far_apart_neither_overflow_nor_vanish()
    {
        float[] z = [1e4f, -1e4f, 9999, float.NegativeInfinity];
        using KernelCase c = new(1);
        GuardedFloats loss = c.Output(2), logSumExp = c.Output(2), logits = c.Input(8, i => z[i % 4]);
        GuardedFloats targets = c.InputIntegers(2, r => r == 0 ? 0 : 2);
        double sum = 0;
        c.Run(
            team => sum = CrossEntropyKernel.Forward(
                loss, logSumExp, logits, (int*)targets.Pointer, 2, 4, 4, Ignored, team),
            () =>
            {
                KernelCase.AssertNear(Math.Log(1 + Math.Exp(-1)), loss[0], 1e-7, "loss", 0);
                KernelCase.AssertNear(1 + Math.Log(1 + Math.Exp(-1)), loss[1], 1e-7, "loss", 1);
            });
    }
}
