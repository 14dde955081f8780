namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Sgd(
        Tensor values, Tensor masterWeights, Tensor velocity, Tensor gradients, Tensor norm,
        long first, long count, SgdScalars scalars, RandomKey key)
    {
        (Values w, Values master, Values u) = (new Values(values), new Values(masterWeights), new Values(velocity));
        (Values gradient, Values total) = (new Values(gradients), new Values(norm));
        double scale = total.Exist ? scalars.GradientScale(total[0]) : 1;
        for (long i = first; i < first + count; i++)
        {
            double before = master.Exist ? master[i] : w[i];
            double g = (scale * gradient[i]) + (scalars.WeightDecay * before);
            double speed = (scalars.Momentum * u[i]) + g;
            double after = before - (scalars.LearningRate * (scalars.Nesterov ? g + (scalars.Momentum * speed) : speed));
            if (master.Exist)
            {
                master[i] = after;
                w[i] = master[i];
            }
            else
            {
                w[i] = values.DType == DType.BF16 ? RoundStochastically(after, key, i) : after;
            }

            u[i] = speed;
        }
    }
}
