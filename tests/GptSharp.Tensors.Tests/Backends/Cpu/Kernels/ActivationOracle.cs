namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>Activation functions and their derivatives in double precision, by other formulas than the kernels'.</summary>
internal static class ActivationOracle
{
    public static (double Value, double Slope) Of(ActivationFunction function, double x)
    {
        switch (function)
        {
            case ActivationFunction.Identity:
                return (x, 1);
            case ActivationFunction.Relu:
                return x > 0 ? (x, 1) : (0, 0);
            case ActivationFunction.Sigmoid:
                return (Sigmoid(x), Sigmoid(x) * Sigmoid(-x));
            case ActivationFunction.Swish:
                return (x * Sigmoid(x), Sigmoid(x) + (x * Sigmoid(x) * Sigmoid(-x)));
            case ActivationFunction.GeluErf:
                double phi = NormalDistribution(x);
                return (x * phi, phi + (x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI)));
            default:
                double tanh = Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)));
                double innerSlope = Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x));
                return (0.5 * x * (1 + tanh), (0.5 * (1 + tanh)) + (0.5 * x * (1 - (tanh * tanh)) * innerSlope));
        }
    }

    private static double Sigmoid(double x) => x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x));

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
