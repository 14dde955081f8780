namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Attention(Tensor y, Tensor logSumExp, Tensor qkv, int headCount, double dropoutRate, RandomKey key)
    {
        (Values result, Values normalizers, Values x) = (new Values(y), new Values(logSumExp), new Values(qkv));
        var layout = new PackedHeads(qkv, headCount);
        var weights = new double[layout.Time];
        for (int b = 0; b < layout.Batch; b++)
        {
            for (int h = 0; h < headCount; h++)
            {
                for (int i = 0; i < layout.Time; i++)
                {
                    double normalizer = Scores(weights, x, layout, b, h, i);
                    normalizers[layout.Row(b, h, i)] = normalizer;
                    for (int d = 0; d < layout.HeadSize; d++)
                    {
                        double mixed = 0;
                        for (int j = 0; j <= i; j++)
                        {
                            double kept = Kept(key, b, layout.Element(h, i, j), dropoutRate);
                            mixed += kept * Math.Exp(weights[j] - normalizer) * x[layout.Value(b, h, j, d)];
                        }

                        result[layout.Output(b, h, i, d)] = mixed;
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp,
        int headCount, double dropoutRate, RandomKey key, float beta)
    {
        (Values upstream, Values x, Values output) = (new Values(dy), new Values(qkv), new Values(y));
        (Values normalizers, Values gradient) = (new Values(logSumExp), new Values(dQkv));
        var layout = new PackedHeads(qkv, headCount);
        var sums = new double[qkv.Count];
        var scores = new double[layout.Time];
        for (int b = 0; b < layout.Batch; b++)
        {
            for (int h = 0; h < headCount; h++)
            {
                for (int i = 0; i < layout.Time; i++)
                {
                    Scores(scores, x, layout, b, h, i);
                    double delta = 0;
                    for (int d = 0; d < layout.HeadSize; d++)
                    {
                        delta += upstream[layout.Output(b, h, i, d)] * output[layout.Output(b, h, i, d)];
                    }

                    for (int j = 0; j <= i; j++)
                    {
                        double probability = Math.Exp(scores[j] - normalizers[layout.Row(b, h, i)]);
                        double kept = Kept(key, b, layout.Element(h, i, j), dropoutRate);
                        double dWeight = 0;
                        for (int d = 0; d < layout.HeadSize; d++)
                        {
                            double g = upstream[layout.Output(b, h, i, d)];
                            dWeight += g * x[layout.Value(b, h, j, d)];
                            sums[layout.Value(b, h, j, d)] += kept * probability * g;
                        }

                        double dScore = layout.Scale * probability * ((kept * dWeight) - delta);
                        for (int d = 0; d < layout.HeadSize; d++)
                        {
                            sums[layout.Query(b, h, i, d)] += dScore * x[layout.Key(b, h, j, d)];
                            sums[layout.Key(b, h, j, d)] += dScore * x[layout.Query(b, h, i, d)];
                        }
                    }
                }
            }
        }

        for (long i = 0; i < sums.Length; i++)
        {
            gradient.Accumulate(i, sums[i], beta);
        }
    }

    // Fills scores[0 ... i] for query i and returns the logarithm of the sum of their exponentials.
    private static double Scores(double[] scores, Values x, PackedHeads layout, int b, int h, int i)
    {
        double largest = double.NegativeInfinity;
        for (int j = 0; j <= i; j++)
        {
            double dot = 0;
            for (int d = 0; d < layout.HeadSize; d++)
            {
                dot += x[layout.Query(b, h, i, d)] * x[layout.Key(b, h, j, d)];
            }

            scores[j] = layout.Scale * dot;
            largest = Math.Max(largest, scores[j]);
        }

        double sum = 0;
        for (int j = 0; j <= i; j++)
        {
            sum += Math.Exp(scores[j] - largest);
        }

        return largest + Math.Log(sum);
    }

    private static double Kept(RandomKey key, int sample, long element, double rate) =>
        rate == 0 ? 1 : IsKept(key, sample, element, rate) ? 1 / (1 - rate) : 0;
}
