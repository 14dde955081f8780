namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    private static readonly double Sqrt2OverPi = Math.Sqrt(2 / Math.PI);

    /// <inheritdoc/>
    public void Gelu(Tensor y, Tensor x, GeluForm form)
    {
        (Values result, Values input) = (new Values(y), new Values(x));
        for (long i = 0; i < y.Count; i++)
        {
            double v = input[i];
            result[i] = form == GeluForm.Tanh
                ? 0.5 * v * (1 + Math.Tanh(Sqrt2OverPi * (v + (0.044715 * v * v * v))))
                : v * NormalDistribution.Cumulative(v);
        }
    }

    /// <inheritdoc/>
    public void GeluBackward(Tensor dx, Tensor dy, Tensor x, GeluForm form, float beta)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dx), new Values(dy), new Values(x));
        for (long i = 0; i < dx.Count; i++)
        {
            double v = input[i];
            double slope;
            if (form == GeluForm.Tanh)
            {
                double tanh = Math.Tanh(Sqrt2OverPi * (v + (0.044715 * v * v * v)));
                double inner = Sqrt2OverPi * (1 + (3 * 0.044715 * v * v));
                slope = (0.5 * (1 + tanh)) + (0.5 * v * (1 - (tanh * tanh)) * inner);
            }
            else
            {
                slope = NormalDistribution.Cumulative(v) + (v * NormalDistribution.Density(v));
            }

            gradient.Accumulate(i, upstream[i] * slope, beta);
        }
    }
}
