namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void AdamW(
        Tensor values, Tensor masterWeights, Tensor firstMoment, Tensor secondMoment, Tensor gradients, Tensor norm,
        long first, long count, AdamWScalars scalars, RandomKey key)
    {
        (Values w, Values master) = (new Values(values), new Values(masterWeights));
        (Values m, Values v) = (new Values(firstMoment), new Values(secondMoment));
        (Values gradient, Values total) = (new Values(gradients), new Values(norm));
        double scale = total.Exist ? scalars.GradientScale(total[0]) : 1;
        for (long i = first; i < first + count; i++)
        {
            double g = scale * gradient[i];
            double mean = (scalars.Beta1 * m[i]) + ((1 - scalars.Beta1) * g);
            double square = (scalars.Beta2 * v[i]) + ((1 - scalars.Beta2) * g * g);
            double direction = mean / scalars.Correction1
                / (Math.Sqrt(square / scalars.Correction2) + scalars.Epsilon);
            double before = master.Exist ? master[i] : w[i];
            double after = (before * (1 - (scalars.LearningRate * scalars.WeightDecay))) - (scalars.LearningRate * direction);
            if (master.Exist)
            {
                master[i] = after;
                w[i] = master[i];
            }
            else
            {
                w[i] = values.DType == DType.BF16 ? RoundStochastically(after, key, i) : after;
            }

            m[i] = mean;
            v[i] = square;
        }
    }

    private static double RoundStochastically(double value, RandomKey key, long element) =>
        BF16.RoundStochastically((float)value, Philox.Word(key.Seed, key.Step, key.FirstSample, key.Site, (ulong)element));
}
