namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void LayerNorm(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        (Values result, Values means, Values rstds) = (new Values(y), new Values(mean), new Values(rstd));
        (Values input, Values w, Values b) = (new Values(x), new Values(weight), new Values(bias));
        int channels = x.Shape.Last;
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            long start = row * channels;
            double average = 0;
            for (int c = 0; c < channels; c++)
            {
                average += input[start + c] / channels;
            }

            double variance = 0;
            for (int c = 0; c < channels; c++)
            {
                variance += (input[start + c] - average) * (input[start + c] - average) / channels;
            }

            double inverse = 1 / Math.Sqrt(variance + epsilon);
            for (int c = 0; c < channels; c++)
            {
                double normal = (input[start + c] - average) * inverse;
                result[start + c] = (normal * w[c]) + (b.Exist ? b[c] : 0);
            }

            means[row] = average;
            rstds[row] = inverse;
        }
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dWeight, Tensor dBias, Tensor dy, Tensor x, Tensor weight, Tensor mean, Tensor rstd,
        float betaX, float betaWeight, float betaBias)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dx), new Values(dy), new Values(x));
        (Values w, Values means, Values rstds) = (new Values(weight), new Values(mean), new Values(rstd));
        int channels = x.Shape.Last;
        var weightSum = new double[channels];
        var biasSum = new double[channels];
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            long start = row * channels;
            double averageG = 0;
            double averageGNormal = 0;
            for (int c = 0; c < channels; c++)
            {
                double normal = (input[start + c] - means[row]) * rstds[row];
                double g = upstream[start + c] * w[c];
                averageG += g / channels;
                averageGNormal += g * normal / channels;
                weightSum[c] += upstream[start + c] * normal;
                biasSum[c] += upstream[start + c];
            }

            for (int c = 0; gradient.Exist && c < channels; c++)
            {
                double normal = (input[start + c] - means[row]) * rstds[row];
                double g = upstream[start + c] * w[c];
                gradient.Accumulate(start + c, rstds[row] * (g - averageG - (normal * averageGNormal)), betaX);
            }
        }

        (Values weightGradient, Values biasGradient) = (new Values(dWeight), new Values(dBias));
        for (int c = 0; weightGradient.Exist && c < channels; c++)
        {
            weightGradient.Accumulate(c, weightSum[c], betaWeight);
        }

        for (int c = 0; biasGradient.Exist && c < channels; c++)
        {
            biasGradient.Accumulate(c, biasSum[c], betaBias);
        }
    }
}
