namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void LinearActivation(Tensor y, Tensor pre, Tensor x, Tensor weight, Tensor bias, ActivationFunction function)
    {
        // Where the pre-activation is not kept, it is rounded in the result's place before the function overwrites it.
        Tensor stored = pre.IsNone ? y : pre;
        Linear(stored, x, weight, bias, residual: Tensor.None);
        Activation(y, stored, function);
    }

    /// <inheritdoc/>
    public void LinearBackwardInputActivation(
        Tensor dPre, Tensor dy, Tensor weight, Tensor pre, ActivationFunction function, float beta)
    {
        (Values gradient, Values upstream, Values w, Values x) =
            (new Values(dPre), new Values(dy), new Values(weight), new Values(pre));
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        for (long m = 0; m < dy.Shape.Rows; m++)
        {
            for (int k = 0; k < inputs; k++)
            {
                double sum = 0;
                for (int n = 0; n < outputs; n++)
                {
                    sum += upstream[(m * outputs) + n] * w[((long)n * inputs) + k];
                }

                long i = (m * inputs) + k;
                gradient.Accumulate(i, sum * ActivationSlope(function, x[i]), beta);
            }
        }
    }
}
