using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class SoftCapKernelTests
{
    [Theory]
    [CombinatorialLengthsAndBetas]
    public void Value_and_slope_are_the_formulas(int count, float beta)
    {
        const float Cap = 2.7f;
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count), dx = c.Output(count, beta), x = c.Input(count, scale: 3), dy = c.Input(count);
        c.Run(
            team =>
            {
                SoftCapKernel.Forward<float>(y, x, count, Cap, team);
                SoftCapKernel.Backward<float>(dx, dy, x, count, Cap, beta, team);
            },
            () =>
            {
                for (int i = 0; i < count; i++)
                {
                    double tanh = Math.Tanh(x[i] / (double)Cap), held = beta == 0 ? 0 : beta * (double)dx.Initial[i];
                    KernelCase.AssertNear(Cap * tanh, y[i], 1e-6, "y", i);
                    KernelCase.AssertNear((dy[i] * (1 - (tanh * tanh))) + held, dx[i], 1e-6, "dx", i);
                }
            });
    }

    [Fact]
    public void Neither_in_the_middle_nor_at_the_bound_are_digits_lost()
    {
        const float Cap = 30;
        float[] points = [0, 1e-20f, 1e-6f, 1e-3f, 0.1f, 1, 10, 16.7f, 16.9f, 30, 90, 200, 400, 900, 1200];
        float[] both = [.. points, .. points.Select(point => -point)];
        using KernelCase c = new(1);
        GuardedFloats y = c.Output(both.Length), dx = c.Output(both.Length);
        GuardedFloats x = c.Input(both.Length, i => both[i]), dy = c.Input(both.Length, _ => 1);
        c.Run(
            team =>
            {
                SoftCapKernel.Forward<float>(y, x, both.Length, Cap, team);
                SoftCapKernel.Backward<float>(dx, dy, x, both.Length, Cap, 0, team);
            },
            () =>
            {
                for (int i = 0; i < both.Length; i++)
                {
                    double value = Cap * Math.Tanh(both[i] / (double)Cap), cosh = Math.Cosh(both[i] / (double)Cap);
                    double slope = 1 / (cosh * cosh);
                    Assert.InRange(y[i] - value, -4e-7 * Math.Abs(value), 4e-7 * Math.Abs(value));

                    // The argument's own rounding grows with its size.
                    double allowed = 4e-7 * slope * Math.Max(1, Math.Abs(both[i]) / Cap);
                    Assert.InRange(dx[i] - slope, -allowed, allowed);
                }
            });
    }

    [Fact]
    public void What_is_not_finite_becomes_the_bound_or_stays_a_NaN()
    {
        float[] values = [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e38f];
        using KernelCase c = new(1);
        GuardedFloats y = c.Output(4), x = c.Input(4, i => values[i]);
        c.Run(
            team => SoftCapKernel.Forward<float>(y, x, 4, 30, team),
            () => Assert.Equal([30, -30, float.NaN, 30], y.Values.ToArray()));
    }
}
