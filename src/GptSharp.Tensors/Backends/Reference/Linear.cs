namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Linear(Tensor y, Tensor x, Tensor weight, Tensor bias, Tensor residual)
    {
        (Values result, Values input, Values w, Values b, Values rest) =
            (new Values(y), new Values(x), new Values(weight), new Values(bias), new Values(residual));
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        for (long m = 0; m < x.Shape.Rows; m++)
        {
            for (int n = 0; n < outputs; n++)
            {
                double sum = b.Exist ? b[n] : 0;
                for (int k = 0; k < inputs; k++)
                {
                    sum += input[(m * inputs) + k] * w[((long)n * inputs) + k];
                }

                result[(m * outputs) + n] = rest.Exist ? sum + rest[(m * outputs) + n] : sum;
            }
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardInput(Tensor dx, Tensor dy, Tensor weight, float beta)
    {
        (Values gradient, Values upstream, Values w) = (new Values(dx), new Values(dy), new Values(weight));
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        var row = new double[inputs];
        for (long m = 0; m < dy.Shape.Rows; m++)
        {
            Array.Clear(row);
            for (int n = 0; n < outputs; n++)
            {
                double g = upstream[(m * outputs) + n];
                for (int k = 0; k < inputs; k++)
                {
                    row[k] += g * w[((long)n * inputs) + k];
                }
            }

            for (int k = 0; k < inputs; k++)
            {
                gradient.Accumulate((m * inputs) + k, row[k], beta);
            }
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardWeight(Tensor dWeight, Tensor dy, Tensor x, float beta)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dWeight), new Values(dy), new Values(x));
        (int outputs, int inputs) = (dWeight.Shape[0], dWeight.Shape[1]);
        var row = new double[inputs];
        for (int n = 0; n < outputs; n++)
        {
            Array.Clear(row);
            for (long m = 0; m < x.Shape.Rows; m++)
            {
                double g = upstream[(m * outputs) + n];
                for (int k = 0; k < inputs; k++)
                {
                    row[k] += g * input[(m * inputs) + k];
                }
            }

            for (int k = 0; k < inputs; k++)
            {
                gradient.Accumulate(((long)n * inputs) + k, row[k], beta);
            }
        }
    }

    /// <inheritdoc/>
    public void LinearBackwardBias(Tensor dBias, Tensor dy, float beta)
    {
        (Values gradient, Values upstream) = (new Values(dBias), new Values(dy));
        int outputs = dBias.Shape[0];
        for (int n = 0; n < outputs; n++)
        {
            double sum = 0;
            for (long m = 0; m < dy.Shape.Rows; m++)
            {
                sum += upstream[(m * outputs) + n];
            }

            gradient.Accumulate(n, sum, beta);
        }
    }
}
