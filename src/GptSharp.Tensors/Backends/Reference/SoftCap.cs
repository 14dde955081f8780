namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void SoftCap(Tensor y, Tensor x, double cap)
    {
        (Values result, Values input) = (new Values(y), new Values(x));
        for (long i = 0; i < y.Count; i++)
        {
            result[i] = cap * Math.Tanh(input[i] / cap);
        }
    }

    /// <inheritdoc/>
    public void SoftCapBackward(Tensor dx, Tensor dy, Tensor x, double cap, float beta)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dx), new Values(dy), new Values(x));
        for (long i = 0; i < dx.Count; i++)
        {
            double cosh = Math.Cosh(input[i] / cap);     // 1 - tanh² = 1 / cosh², which does not cancel
            gradient.Accumulate(i, upstream[i] / (cosh * cosh), beta);
        }
    }
}
