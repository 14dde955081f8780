using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class GatedUnitKernelTests
{
    // Narrower than any register, one register and its neighbours, several parts.
    public static TheoryData<int, int, float> Cases => new()
    {
        { 1, 1, 0 },
        { 5, 3, 1 },
        { 7, 16, 0.5f },
        { 9, 17, 0 },
        { 300, 61, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_halves_and_their_gradients_are_the_formulas(int rows, int width, float beta)
    {
        foreach (ActivationFunction gate in Enum.GetValues<ActivationFunction>())
        {
            int count = rows * width;
            using KernelCase c = new(count);
            GuardedFloats y = c.Output(count), dx = c.Output(2 * count, beta);
            GuardedFloats x = c.Input(2 * count, scale: 3), dy = c.Input(count);
            c.Run(
                team =>
                {
                    GatedUnitKernel.Forward<float>(y, x, rows, width, gate, team);
                    GatedUnitKernel.Backward<float>(dx, dy, x, rows, width, gate, beta, team);
                },
                () =>
                {
                    for (int i = 0; i < count; i++)
                    {
                        int left = (i / width * 2 * width) + (i % width), right = left + width;
                        (double value, double slope) = ActivationOracle.Of(gate, x[left]);
                        KernelCase.AssertNear(value * x[right], y[i], 1e-6, "y", i);
                        KernelCase.AssertNear((dy[i] * (double)x[right] * slope) + Held(left), dx[left], 3e-6, "dx", left);
                        KernelCase.AssertNear((dy[i] * value) + Held(right), dx[right], 3e-6, "dx", right);
                    }
                });

            double Held(int i) => beta == 0 ? 0 : beta * (double)dx.Initial[i];
        }
    }
}
