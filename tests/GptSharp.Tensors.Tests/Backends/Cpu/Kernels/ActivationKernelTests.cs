using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class ActivationKernelTests
{
    public static TheoryData<ActivationFunction> Functions => [.. Enum.GetValues<ActivationFunction>()];

    [Theory]
    [CombinatorialLengthsAndBetas]
    public void Every_function_and_its_derivative_are_the_formulas(int count, float beta)
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            using KernelCase c = new(count);
            GuardedFloats y = c.Output(count), dx = c.Output(count, beta), x = c.Input(count, scale: 3), dy = c.Input(count);
            (double Value, double Slope)[] expected = Array.ConvertAll(x.Initial, v => ActivationOracle.Of(function, v));
            c.Run(
                team =>
                {
                    ActivationKernel.Forward<float>(y, x, count, function, team);
                    ActivationKernel.Backward<float>(dx, dy, x, count, function, beta, team);
                },
                () =>
                {
                    for (int i = 0; i < count; i++)
                    {
                        double held = beta == 0 ? 0 : beta * (double)dx.Initial[i];
                        KernelCase.AssertNear(expected[i].Value, y[i], 4e-7, "y", i);
                        KernelCase.AssertNear(held + (dy[i] * expected[i].Slope), dx[i], 1e-6, "dx", i);
                    }
                });
        }
    }

    [Theory]
    [InlineData(ActivationFunction.Swish)]
    [InlineData(ActivationFunction.GeluTanh)]
    [InlineData(ActivationFunction.GeluErf)]
    public void Far_from_zero_the_rectifiers_saturate_without_a_NaN(ActivationFunction function) => CheckSaturation(
        function, [0, 0, 0, 0, 120, 1000, 1e30f, 0, 0], [0, 0, 0, 0, 1, 1, 1, 0.5f, 0.5f]);

    [Fact]
    public void Far_from_zero_a_sigmoid_saturates_without_a_NaN() => CheckSaturation(
        ActivationFunction.Sigmoid, [0, 0, 0, 0, 1, 1, 1, 0.5f, 0.5f], [0, 0, 0, 0, 0, 0, 0, 0.25f, 0.25f]);

    [Fact]
    public void A_rectifier_is_flat_at_zero() => CheckSaturation(
        ActivationFunction.Relu, [0, 0, 0, 0, 120, 1000, 1e30f, 0, 0], [0, 0, 0, 0, 1, 1, 1, 0, 0]);

    [Theory]
    [InlineData(ActivationFunction.Sigmoid)]
    [InlineData(ActivationFunction.Swish)]
    public void Left_of_zero_no_digits_are_lost(ActivationFunction function)
    {
        const int Count = 331;
        using KernelCase c = new(1);
        GuardedFloats y = c.Output(Count), dx = c.Output(Count), x = c.Input(Count, i => -0.25f * i), dy = c.Input(Count, _ => 1);
        c.Run(
            team =>
            {
                ActivationKernel.Forward<float>(y, x, Count, function, team);
                ActivationKernel.Backward<float>(dx, dy, x, Count, function, 0, team);
            },
            () =>
            {
                for (int i = 0; i < Count; i++)
                {
                    (double value, double slope) = ActivationOracle.Of(function, x[i]);
                    Assert.InRange(y[i] - value, -5e-7 * Math.Abs(value), 5e-7 * Math.Abs(value));

                    // Swish's slope crosses zero near -1.28: only elsewhere can its relative error be small.
                    double allowed = 1e-6 * Math.Max(Math.Abs(slope), x[i] > -3 ? 1 : 0);
                    Assert.InRange(dx[i] - slope, -allowed, allowed);
                }
            });
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_NaN_stays_a_NaN(ActivationFunction function)
    {
        using KernelCase c = new(1);
        GuardedFloats y = c.Output(1), dx = c.Output(1), x = c.Input(1, _ => float.NaN), dy = c.Input(1, _ => 1);
        c.Run(
            team =>
            {
                ActivationKernel.Forward<float>(y, x, 1, function, team);
                ActivationKernel.Backward<float>(dx, dy, x, 1, function, 0, team);
            },
            () =>
            {
                Assert.True(float.IsNaN(y[0]));
                Assert.Equal(function is ActivationFunction.Identity or ActivationFunction.Relu, float.IsFinite(dx[0]));
            });
    }

    private static void CheckSaturation(ActivationFunction function, float[] values, float[] slopes)
    {
        float[] far = [-1e30f, -1000, -200, -120, 120, 1000, 1e30f, 0, -0f];
        using KernelCase c = new(1);
        GuardedFloats y = c.Output(far.Length), dx = c.Output(far.Length);
        GuardedFloats x = c.Input(far.Length, i => far[i]), dy = c.Input(far.Length, _ => 1);
        c.Run(
            team =>
            {
                ActivationKernel.Forward<float>(y, x, far.Length, function, team);
                ActivationKernel.Backward<float>(dx, dy, x, far.Length, function, 0, team);
            },
            () =>
            {
                Assert.Equal(values, y.Values.ToArray());
                Assert.Equal(slopes, dx.Values.ToArray());
            });
    }
}
