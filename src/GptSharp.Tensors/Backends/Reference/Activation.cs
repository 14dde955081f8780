namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    private static readonly double Sqrt2OverPi = Math.Sqrt(2 / Math.PI);

    /// <inheritdoc/>
    public void Activation(Tensor y, Tensor x, ActivationFunction function)
    {
        (Values result, Values input) = (new Values(y), new Values(x));
        for (long i = 0; i < y.Count; i++)
        {
            result[i] = Activate(function, input[i]);
        }
    }

    /// <inheritdoc/>
    public void ActivationBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction function, float beta)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dx), new Values(dy), new Values(x));
        for (long i = 0; i < dx.Count; i++)
        {
            gradient.Accumulate(i, upstream[i] * ActivationSlope(function, input[i]), beta);
        }
    }

    private static double Activate(ActivationFunction function, double x) => function switch
    {
        ActivationFunction.Identity => x,
        ActivationFunction.Sigmoid => Sigmoid(x),
        ActivationFunction.Relu => Math.Max(0, x),
        ActivationFunction.Swish => x * Sigmoid(x),
        ActivationFunction.GeluTanh => 0.5 * x * (1 + Math.Tanh(Sqrt2OverPi * (x + (0.044715 * x * x * x)))),
        _ => x * NormalDistribution.Cumulative(x),
    };

    private static double ActivationSlope(ActivationFunction function, double x)
    {
        double sigmoid = Sigmoid(x);
        switch (function)
        {
            case ActivationFunction.Identity:
                return 1;
            case ActivationFunction.Sigmoid:
                return sigmoid * Sigmoid(-x);
            case ActivationFunction.Relu:
                return x > 0 ? 1 : 0;
            case ActivationFunction.Swish:
                return sigmoid * (1 + (x * Sigmoid(-x)));
            case ActivationFunction.GeluTanh:
                double tanh = Math.Tanh(Sqrt2OverPi * (x + (0.044715 * x * x * x)));
                double inner = Sqrt2OverPi * (1 + (3 * 0.044715 * x * x));
                return (0.5 * (1 + tanh)) + (0.5 * x * (1 - (tanh * tanh)) * inner);
            default:
                return NormalDistribution.Cumulative(x) + (x * NormalDistribution.Density(x));
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
