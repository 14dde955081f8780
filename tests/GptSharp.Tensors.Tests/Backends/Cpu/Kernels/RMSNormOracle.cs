namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>RMSNorm of runs of channels in double precision; the input's gradient by the Jacobian, summed over the outputs.</summary>
internal sealed class RMSNormOracle(float[] x, float[] dy, double epsilon)
{
    public double InverseOf(int start, int channels) =>
        1 / Math.Sqrt(x.Skip(start).Take(channels).Average(value => (double)value * value) + epsilon);

    /// <summary>Checks y and dx of one run of channels, and adds its part of the weight's gradient to <paramref name="weightSum"/>.</summary>
    public void CheckRow(GuardedFloats y, GuardedFloats dx, float[] weight, double[] weightSum, int start, float beta)
    {
        int channels = weight.Length;
        double inverse = InverseOf(start, channels);
        double projection = Enumerable.Range(0, channels).Sum(k => (double)dy[start + k] * weight[k] * x[start + k]);
        for (int k = 0; k < channels; k++)
        {
            int i = start + k;
            KernelCase.AssertNear(x[i] * inverse * weight[k], y[i], 1e-5, "y", i);
            weightSum[k] += dy[i] * x[i] * inverse;

            // d(x_j r)/dx_k = r [j = k] - x_j x_k r³ / C.
            double expected = (inverse * dy[i] * weight[k]) - (Math.Pow(inverse, 3) / channels * x[i] * projection);
            double tolerance = 1e-5 * Math.Max(1, inverse);
            KernelCase.AssertNear(expected + Held(dx, i, beta), dx[i], tolerance, "dx", i);
        }
    }

    public static void CheckSum(double[] expected, GuardedFloats gradient, float beta, string what)
    {
        for (int k = 0; k < expected.Length; k++)
        {
            KernelCase.AssertNear(expected[k] + Held(gradient, k, beta), gradient[k], 3e-5, what, k);
        }
    }

    private static double Held(GuardedFloats buffer, int i, float beta) => beta == 0 ? 0 : beta * (double)buffer.Initial[i];
}
