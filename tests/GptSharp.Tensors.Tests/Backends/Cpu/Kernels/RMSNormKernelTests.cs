using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class RMSNormKernelTests
{
    private const double Epsilon = 1e-5;

    public static TheoryData<int, int, float> Cases => new()
    {
        { 1, 1, 0 },
        { 5, 3, 0 },
        { 7, 16, 1 },
        { 9, 17, 0 },
        { 33, 64, 1 },
        { 700, 50, 1 },
        { 3, 1030, 0.5f },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_and_both_gradients_are_the_formulas(int rows, int channels, float beta)
    {
        int count = rows * channels;
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count), rrms = c.Output(rows), dx = c.Output(count, beta), dWeight = c.Output(channels, beta);
        GuardedFloats x = c.Input(count, scale: 2), dy = c.Input(count), weight = c.Input(channels);
        GuardedFloats workspace = c.Workspace(RMSNormKernel.WorkspaceCount(rows, channels));
        RMSNormOracle oracle = new(x.Initial, dy.Initial, Epsilon);
        c.Run(
            team =>
            {
                RMSNormKernel.Forward<float>(y, rrms, x, weight, rows, channels, (float)Epsilon, team);
                RMSNormKernel.Backward<float, float>(
                    dx, dWeight, dy, x, weight, rrms, rows, channels, beta, beta, workspace, team);
            },
            () =>
            {
                double[] weightSum = new double[channels];
                for (int r = 0; r < rows; r++)
                {
                    KernelCase.AssertNear(oracle.InverseOf(r * channels, channels), rrms[r], 1e-5, "rrms", r);
                    oracle.CheckRow(y, dx, weight.Initial, weightSum, r * channels, beta);
                }

                RMSNormOracle.CheckSum(weightSum, dWeight, beta, "dWeight");
            });
    }

    [Fact]
    public void Each_gradient_may_be_left_out()
    {
        const int Rows = 20, Channels = 37;
        using KernelCase c = new(1);
        GuardedFloats dxAll = c.Output(Rows * Channels), dWeightAll = c.Output(Channels);
        GuardedFloats dx = c.Output(Rows * Channels), dWeight = c.Output(Channels);
        GuardedFloats x = c.Input(Rows * Channels), dy = c.Input(Rows * Channels), weight = c.Input(Channels);
        GuardedFloats rrms = c.Input(Rows, _ => 1.1f);
        GuardedFloats workspace = c.Workspace(RMSNormKernel.WorkspaceCount(Rows, Channels));
        c.Run(
            team =>
            {
                void Run(float* gx, float* gw) => RMSNormKernel.Backward(
                    gx, gw, dy, x, weight, rrms, Rows, Channels, 0, 0, workspace, team);
                Run(dxAll, dWeightAll);
                Run(dx, null);
                Run(null, dWeight);
            },
            () =>
            {
                Assert.Equal(dxAll.Values.ToArray(), dx.Values.ToArray());
                Assert.Equal(dWeightAll.Values.ToArray(), dWeight.Values.ToArray());
            });
    }
}
