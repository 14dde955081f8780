using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class LayerNormKernelTests
{
    private const double Epsilon = 1e-5;

    public static TheoryData<int, int, bool, bool, float> Cases => new()
    {
        { 1, 1, true, true, 0 },
        { 5, 3, true, true, 0 },
        { 7, 16, true, false, 1 },
        { 9, 17, false, false, 0 },
        { 33, 64, true, true, 1 },
        { 100, 65, true, true, 0 },
        { 70, 768, true, true, 0 },
        { 700, 50, true, true, 1 },
        { 3, 1030, true, true, 0.5f },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_and_every_gradient_are_the_formulas(int rows, int channels, bool hasWeight, bool hasBias, float beta)
    {
        int count = rows * channels;
        using KernelCase c = new(count);
        GuardedFloats y = c.Output(count), mean = c.Output(rows), rstd = c.Output(rows);
        GuardedFloats dx = c.Output(count, beta), dWeight = c.Output(channels, beta), dBias = c.Output(channels, beta);
        GuardedFloats x = c.Input(count, i => (float)(3 + c.Normal())), dy = c.Input(count);
        GuardedFloats weight = c.Input(channels, _ => (float)(1 + (0.3 * c.Normal()))), bias = c.Input(channels);
        GuardedFloats workspace = c.Workspace(LayerNormKernel.WorkspaceCount(rows, channels));
        c.Run(
            team =>
            {
                float* w = hasWeight ? weight : (float*)null, b = hasBias ? bias : (float*)null;
                LayerNormKernel.Forward<float>(y, mean, rstd, x, w, b, rows, channels, (float)Epsilon, team);
                LayerNormKernel.Backward<float, float>(
                    dx, dWeight, dBias, dy, x, w, mean, rstd, rows, channels, beta, beta, beta, workspace, team);
            },
            () =>
            {
                var weightSum = new double[channels];
                var biasSum = new double[channels];
                for (int r = 0; r < rows; r++)
                {
                    CheckRow(r);
                }

                for (int k = 0; k < channels; k++)
                {
                    KernelCase.AssertNear(weightSum[k] + Held(dWeight, k), dWeight[k], 3e-5, "dWeight", k);
                    KernelCase.AssertNear(biasSum[k] + Held(dBias, k), dBias[k], 3e-5, "dBias", k);
                }

                void CheckRow(int r)
                {
                    double[] row = [.. Enumerable.Range(0, channels).Select(k => (double)x[(r * channels) + k])];
                    double average = row.Average(), variance = row.Average(v => (v - average) * (v - average));
                    double inverse = 1 / Math.Sqrt(variance + Epsilon);
                    KernelCase.AssertNear(average, mean[r], 1e-6, "mean", r);
                    KernelCase.AssertNear(inverse, rstd[r], 1e-5, "rstd", r);
                    double[] normal = [.. row.Select(v => (v - average) * inverse)];
                    double[] g = new double[channels];
                    for (int k = 0; k < channels; k++)
                    {
                        int i = (r * channels) + k;
                        double w = hasWeight ? weight[k] : 1, b = hasBias ? bias[k] : 0;
                        KernelCase.AssertNear((normal[k] * w) + b, y[i], 1e-5, "y", i);
                        g[k] = dy[i] * w;
                        weightSum[k] += dy[i] * normal[k];
                        biasSum[k] += dy[i];
                    }

                    double meanG = g.Average(), meanGNormal = g.Zip(normal, (a, n) => a * n).Average();
                    for (int k = 0; k < channels; k++)
                    {
                        int i = (r * channels) + k;
                        double expected = inverse * (g[k] - meanG - (normal[k] * meanGNormal));
                        double tolerance = 1e-5 * Math.Max(1, inverse);
                        KernelCase.AssertNear(expected + Held(dx, i), dx[i], tolerance, "dx", i);
                    }
                }

                double Held(GuardedFloats buffer, int i) => beta == 0 ? 0 : beta * (double)buffer.Initial[i];
            });
    }

    [Fact]
    public void Each_gradient_may_be_left_out()
    {
        const int Rows = 20, Channels = 37;
        using KernelCase c = new(1);
        GuardedFloats dxAll = c.Output(Rows * Channels), dWeightAll = c.Output(Channels), dBiasAll = c.Output(Channels);
        GuardedFloats dx = c.Output(Rows * Channels), dWeight = c.Output(Channels), dBias = c.Output(Channels);
        GuardedFloats x = c.Input(Rows * Channels), dy = c.Input(Rows * Channels), weight = c.Input(Channels);
        GuardedFloats mean = c.Input(Rows, _ => 0.1f), rstd = c.Input(Rows, _ => 1.1f);
        GuardedFloats workspace = c.Workspace(LayerNormKernel.WorkspaceCount(Rows, Channels));
        c.Run(
            team =>
            {
                void Run(float* gx, float* gw, float* gb) => LayerNormKernel.Backward<float, float>(
                    gx, gw, gb, dy, x, weight, mean, rstd, Rows, Channels, 0, 0, 0, workspace, team);
                Run(dxAll, dWeightAll, dBiasAll);
                Run(dx, null, null);
                Run(null, dWeight, null);
                Run(null, null, dBias);
            },
            () =>
            {
                Assert.Equal(dxAll.Values.ToArray(), dx.Values.ToArray());
                Assert.Equal(dWeightAll.Values.ToArray(), dWeight.Values.ToArray());
                Assert.Equal(dBiasAll.Values.ToArray(), dBias.Values.ToArray());
            });
    }
}
