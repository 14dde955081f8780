using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class ActivationKernelTests
{
    [Theory]
    [CombinatorialLengthsAndBetas]
    public void Both_forms_and_their_derivatives_are_the_formulas(int count, float beta)
    {
        foreach (GeluForm form in new[] { GeluForm.Tanh, GeluForm.Erf })
        {
            using KernelCase c = new(count);
            GuardedFloats y = c.Output(count), dx = c.Output(count, beta), x = c.Input(count, scale: 3), dy = c.Input(count);
            (double Value, double Slope)[] expected = Array.ConvertAll(x.Initial, v => Gelu(v, form));
            c.Run(
                team =>
                {
                    ActivationKernel.Forward<float>(y, x, count, form.Function(), team);
                    ActivationKernel.Backward<float>(dx, dy, x, count, form.Function(), beta, team);
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

    [Fact]
    public void Far_from_zero_the_forms_saturate_without_a_NaN()
    {
        float[] far = [-1e30f, -1000, -60, -50, 50, 60, 1000, 1e30f, 0, -0f];
        foreach (GeluForm form in new[] { GeluForm.Tanh, GeluForm.Erf })
        {
            using KernelCase c = new(1);
            GuardedFloats y = c.Output(far.Length), dx = c.Output(far.Length);
            GuardedFloats x = c.Input(far.Length, i => far[i]), dy = c.Input(far.Length, _ => 1);
            c.Run(
                team =>
                {
                    ActivationKernel.Forward<float>(y, x, far.Length, form.Function(), team);
                    ActivationKernel.Backward<float>(dx, dy, x, far.Length, form.Function(), 0, team);
                },
                () =>
                {
                    Assert.Equal([0, 0, 0, 0, 50, 60, 1000, 1e30f, 0, 0], y.Values.ToArray());
                    Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1, 0.5f, 0.5f], dx.Values.ToArray());
                });
        }
    }

    [Fact]
    public void A_NaN_stays_a_NaN()
    {
        foreach (GeluForm form in new[] { GeluForm.Tanh, GeluForm.Erf })
        {
            using KernelCase c = new(1);
            GuardedFloats y = c.Output(1), dx = c.Output(1), x = c.Input(1, _ => float.NaN), dy = c.Input(1, _ => 1);
            c.Run(
                team =>
                {
                    ActivationKernel.Forward<float>(y, x, 1, form.Function(), team);
                    ActivationKernel.Backward<float>(dx, dy, x, 1, form.Function(), 0, team);
                },
                () => Assert.True(float.IsNaN(y[0]) && float.IsNaN(dx[0])));
        }
    }

    private static (double Value, double Slope) Gelu(double x, GeluForm form)
    {
        if (form == GeluForm.Erf)
        {
            double phi = NormalDistribution(x);
            return (x * phi, phi + (x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI)));
        }

        double tanh = Math.Tanh(Inner(x));
        double innerSlope = Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x));
        return (0.5 * x * (1 + tanh), (0.5 * (1 + tanh)) + (0.5 * x * (1 - (tanh * tanh)) * innerSlope));
    }

    private static double Inner(double x) => Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x));

    // 1/2 + the integral of the density from 0 to x, by Simpson's rule.
    private static double NormalDistribution(double x)
    {
        const int Steps = 400;
        double end = Math.Clamp(x, -12, 12), h = end / Steps, sum = 0;
        for (int k = 0; k <= Steps; k++)
        {
            double weight = k is 0 or Steps ? 1 : k % 2 == 1 ? 4 : 2;
            sum += weight * Math.Exp(-0.5 * k * h * k * h);
        }

        return 0.5 + (sum * h / 3 / Math.Sqrt(2 * Math.PI));
    }
}
