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
        foreach (double zLoss in (ReadOnlySpan<double>)[0, 0.01])
        {
            using KernelCase c = new(columns);
            GuardedFloats dLogits = c.Output(rows * stride, beta), logits = c.Input(rows * stride, i => Logit(c, i, columns, stride));
            Check<float>(
                c, dLogits, logits, rows, columns, stride, beta, zLoss, i => logits[i], i => dLogits.Initial[i],
                (expected, i) => KernelCase.AssertNear(expected, dLogits[i], 5e-7, "dLogits", i));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_gradient_of_BF16_is_rounded_once(int rows, int columns, int stride, float beta)
    {
        foreach (double zLoss in (ReadOnlySpan<double>)[0, 0.01])
        {
            using KernelCase c = new(columns);
            GuardedHalves dLogits = c.OutputHalves(rows * stride, beta), logits = c.InputHalves(rows * stride, i => Logit(c, i, columns, stride));
            Check<BF16>(
                c, dLogits, logits, rows, columns, stride, beta, zLoss, i => logits[i], i => dLogits.Initial[i],
                (expected, i) => KernelCase.AssertRounded(expected, dLogits[i], 5e-7, "dLogits", i));
        }
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
                CrossEntropyKernel.Backward<float>(apart, logits, t, logSumExp, rows, columns, stride, Ignored, 1, 0.1, 0, team);
                CrossEntropyKernel.Backward<float>(inPlace, inPlace, t, logSumExp, rows, columns, stride, Ignored, 1, 0.1, 0, team);
            },
            () => Assert.Equal(apart.Values.ToArray(), inPlace.Values.ToArray()));
    }

    [Fact]
    public void The_gradient_may_take_the_place_of_logits_of_BF16()
    {
        const int Rows = 7, Columns = 65, Stride = 128;
        using KernelCase c = new(Columns);
        GuardedHalves inPlace = c.OutputHalves(Rows * Stride, beta: 1), apart = c.OutputHalves(Rows * Stride);
        GuardedHalves logits = c.InputHalves(Rows * Stride, i => inPlace.Initial[i]);
        GuardedFloats logSumExp = c.Input(Rows, _ => 9), targets = c.InputIntegers(Rows, r => r == 1 ? Ignored : 9 * r);
        c.Run(
            team =>
            {
                int* t = (int*)targets.Pointer;
                CrossEntropyKernel.Backward<BF16>(apart, logits, t, logSumExp, Rows, Columns, Stride, Ignored, 1, 0, 0, team);
                CrossEntropyKernel.Backward<BF16>(inPlace, inPlace, t, logSumExp, Rows, Columns, Stride, Ignored, 1, 0, 0, team);
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
        c.Run(
            team => CrossEntropyKernel.Forward<float>(loss, logSumExp, logits, (int*)targets.Pointer, 2, 4, 4, Ignored, team),
            () =>
            {
                KernelCase.AssertNear(Math.Log(1 + Math.Exp(-1)), loss[0], 1e-7, "loss", 0);
                KernelCase.AssertNear(1 + Math.Log(1 + Math.Exp(-1)), loss[1], 1e-7, "loss", 1);
            });
    }

    // A product with log2 e that is rounded is off by 5e-4 up there, whatever the differences are.
    [Theory]
    [InlineData(1e4f)]
    [InlineData(-3e4f)]
    public void Logits_far_from_0_lose_nothing_but_their_own_digits(float middle)
    {
        const int Rows = 5, Columns = 3001;
        using KernelCase c = new(1);
        GuardedFloats loss = c.Output(Rows), logSumExp = c.Output(Rows), dLogits = c.Output(Rows * Columns);
        GuardedFloats logits = c.Input(Rows * Columns, _ => middle + (float)(3 * c.Normal())), targets = c.InputIntegers(Rows, r => 7 * r);
        c.Run(
            team =>
            {
                int* t = (int*)targets.Pointer;
                CrossEntropyKernel.Forward<float>(loss, logSumExp, logits, t, Rows, Columns, Columns, Ignored, team);
                CrossEntropyKernel.Backward<float>(dLogits, logits, t, logSumExp, Rows, Columns, Columns, Ignored, 1, 0, 0, team);
            },
            () =>
            {
                for (int r = 0; r < Rows; r++)
                {
                    double[] z = [.. Enumerable.Range(0, Columns).Select(v => (double)logits[(r * Columns) + v])];
                    double normalizer = z.Max() + Math.Log(z.Sum(v => Math.Exp(v - z.Max())));
                    KernelCase.AssertNear(normalizer - z[7 * r], loss[r], 3e-7, "loss", r);
                    Assert.Equal((float)normalizer, logSumExp[r]);

                    // Backward has the normalizer as it was stored.
                    for (int v = 0; v < Columns; v++)
                    {
                        double slope = Math.Exp(z[v] - logSumExp[r]) - (v == 7 * r ? 1 : 0);
                        KernelCase.AssertNear(slope, dLogits[(r * Columns) + v], 3e-7, "dLogits", (r * Columns) + v);
                    }
                }
            });
    }

    [Fact]
    public void The_largest_logits_may_stand_anywhere_in_a_long_row()
    {
        // Up and down, by more than a float's range of exponents; the last row's logits are all minus infinity but for one.
        Func<int, float>[] rows =
        [
            v => v < 600 ? -300 : 400, v => v < 1500 ? 90 : -90, v => v % 700, v => -v, v => 30 * (v / 512), v => v == 1999 ? 7 : float.NegativeInfinity,
        ];
        const int Columns = 2001;
        using KernelCase c = new(1);
        GuardedFloats loss = c.Output(rows.Length), logSumExp = c.Output(rows.Length);
        GuardedFloats logits = c.Input(rows.Length * Columns, i => rows[i / Columns](i % Columns)), targets = c.InputIntegers(rows.Length, _ => 1999);
        c.Run(
            team => CrossEntropyKernel.Forward<float>(
                loss, logSumExp, logits, (int*)targets.Pointer, rows.Length, Columns, Columns, Ignored, team),
            () =>
            {
                for (int r = 0; r < rows.Length; r++)
                {
                    double[] z = [.. Enumerable.Range(0, Columns).Select(v => (double)rows[r](v))];
                    double expected = z.Max() + Math.Log(z.Sum(v => Math.Exp(v - z.Max())));
                    KernelCase.AssertNear(expected, logSumExp[r], 1e-7, "logSumExp", r);
                    KernelCase.AssertNear(expected - z[1999], loss[r], 1e-7, "loss", r);
                }
            });
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_no_finite_number_is_seen_in_the_loss(float bad)
    {
        const int Columns = 1100;
        using KernelCase c = new(1);
        GuardedFloats loss = c.Output(3), logSumExp = c.Output(3), targets = c.InputIntegers(3, r => r);
        GuardedFloats logits = c.Input(3 * Columns, i => i % Columns == 540 * (i / Columns) ? bad : 1);
        c.Run(
            team => CrossEntropyKernel.Forward<float>(loss, logSumExp, logits, (int*)targets.Pointer, 3, Columns, Columns, Ignored, team),
            () => Assert.All(Enumerable.Range(0, 3), r => Assert.True(float.IsNaN(loss[r]), $"row {r}: {loss[r]}")));
    }

    // Padding holds NaN: it must not be read.
    private static float Logit(KernelCase c, int i, int columns, int stride) =>
        i % stride < columns ? (float)(5 * c.Normal()) : float.NaN;

    private static void Check<TLogits>(
        KernelCase c, TLogits* dLogits, TLogits* logits, int rows, int columns, int stride, float beta, double zLoss,
        Func<int, float> logit, Func<int, float> held, Action<double, int> checkSlope)
        where TLogits : unmanaged
    {
        const float Scale = 0.37f;
        GuardedFloats loss = c.Output(rows), logSumExp = c.Output(rows);
        int[] target = [.. Enumerable.Range(0, rows).Select(r => r % 4 == 3 ? Ignored : c.Next(columns))];
        GuardedFloats targets = c.InputIntegers(rows, r => target[r]);
        double sum = 0;
        c.Run(
            team =>
            {
                int* t = (int*)targets.Pointer;
                CrossEntropyKernel.Forward(loss, logSumExp, logits, t, rows, columns, stride, Ignored, team);
                sum = CrossEntropyKernel.Sum(loss, logSumExp, t, rows, Ignored, zLoss);
                CrossEntropyKernel.Backward(dLogits, logits, t, logSumExp, rows, columns, stride, Ignored, Scale, zLoss, beta, team);
            },
            () =>
            {
                double expectedSum = 0;
                for (int r = 0; r < rows; r++)
                {
                    double[] z = [.. Enumerable.Range(0, columns).Select(v => (double)logit((r * stride) + v))];
                    double largest = z.Max(), normalizer = largest + Math.Log(z.Sum(v => Math.Exp(v - largest)));
                    double expectedLoss = target[r] == Ignored ? 0 : normalizer - z[target[r]];
                    expectedSum += expectedLoss + (target[r] == Ignored ? 0 : zLoss * normalizer * normalizer);
                    KernelCase.AssertNear(normalizer, logSumExp[r], 3e-7, "logSumExp", r);
                    KernelCase.AssertNear(expectedLoss, loss[r], 3e-7, "loss", r);
                    double weight = 1 + (2 * zLoss * normalizer);
                    for (int v = 0; v < stride; v++)
                    {
                        int i = (r * stride) + v;
                        double slope = target[r] == Ignored || v >= columns
                            ? 0 : Scale * ((weight * Math.Exp(z[v] - normalizer)) - (v == target[r] ? 1 : 0));
                        checkSlope(slope + (beta == 0 ? 0 : beta * (double)held(i)), i);
                    }
                }

                Assert.Equal(expectedSum, sum, 3e-7 * (1 + expectedSum));
            });
    }
}
