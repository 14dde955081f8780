namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void RMSNorm(Tensor y, Tensor rrms, Tensor x, Tensor weight, double epsilon)
    {
        (Values result, Values inverses) = (new Values(y), new Values(rrms));
        (Values input, Values w) = (new Values(x), new Values(weight));
        int channels = x.Shape.Last;
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            inverses[row] = NormaliseRow(result, input, w, row * channels, channels, epsilon);
        }
    }

    /// <inheritdoc/>
    public void RMSNormBackward(
        Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor weight, Tensor rrms, float betaX, float betaWeight)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dx), new Values(dy), new Values(x));
        (Values w, Values inverses, Values weightGradient) = (new Values(weight), new Values(rrms), new Values(dWeight));
        int channels = x.Shape.Last;
        var weightSum = new double[channels];
        for (long row = 0; row < x.Shape.Rows; row++)
        {
            NormaliseRowBackward(gradient, weightSum, upstream, input, w, inverses[row], row * channels, channels, betaX);
        }

        AccumulateVector(weightGradient, weightSum, betaWeight);
    }

    // y = x r w for the channels from start on; returns r.
    private static double NormaliseRow(Values y, Values x, Values weight, long start, int channels, double epsilon)
    {
        double meanSquare = 0;
        for (int c = 0; c < channels; c++)
        {
            meanSquare += x[start + c] * x[start + c] / channels;
        }

        double inverse = 1 / Math.Sqrt(meanSquare + epsilon);
        for (int c = 0; c < channels; c++)
        {
            y[start + c] = x[start + c] * inverse * weight[c];
        }

        return inverse;
    }

    // dx (if it is there) for the channels from start on; the row's part of dWeight is added to weightSum.
    private static void NormaliseRowBackward(
        Values dx, double[] weightSum, Values dy, Values x, Values weight, double inverse, long start, int channels, float beta)
    {
        double meanProduct = 0;
        for (int c = 0; c < channels; c++)
        {
            double normal = x[start + c] * inverse;
            meanProduct += dy[start + c] * weight[c] * normal / channels;
            weightSum[c] += dy[start + c] * normal;
        }

        for (int c = 0; dx.Exist && c < channels; c++)
        {
            double normal = x[start + c] * inverse;
            dx.Accumulate(start + c, inverse * ((dy[start + c] * weight[c]) - (normal * meanProduct)), beta);
        }
    }

    private static void AccumulateVector(Values target, double[] values, float beta)
    {
        for (int c = 0; target.Exist && c < values.Length; c++)
        {
            target.Accumulate(c, values[c], beta);
        }
    }
}
