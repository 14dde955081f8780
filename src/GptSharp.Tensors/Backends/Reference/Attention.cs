namespace GptSharp.Tensors.Backends.Reference;

public sealed unsafe partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Attention(
        Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key)
    {
        IndexCheck.Causal("attention", documentStarts);
        (Values result, Values normalizers, Values x) = (new Values(y), new Values(logSumExp), new Values(qkv));
        var layout = new PackedHeads(qkv, form);
        var scores = new double[layout.Time];
        for (int b = 0; b < layout.Batch; b++)
        {
            for (int h = 0; h < form.HeadCount; h++)
            {
                for (int i = 0; i < layout.Time; i++)
                {
                    int first = AttentionScore.FirstKey(form, i, DocumentStart(documentStarts, b, i));
                    double normalizer = Scores(scores, x, layout, form, b, h, i, first);
                    normalizers[layout.Row(b, h, i)] = normalizer;
                    for (int d = 0; d < layout.HeadSize; d++)
                    {
                        double mixed = 0;
                        for (int j = first; j <= i; j++)
                        {
                            double kept = Kept(key, b, layout.Element(h, i, j), dropoutRate);
                            mixed += kept * Math.Exp(scores[j] - normalizer) * x[layout.Value(b, h, j, d)];
                        }

                        result[layout.Output(b, h, i, d)] = mixed;
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta)
    {
        (Values upstream, Values x, Values output) = (new Values(dy), new Values(qkv), new Values(y));
        (Values normalizers, Values gradient) = (new Values(logSumExp), new Values(dQkv));
        var layout = new PackedHeads(qkv, form);
        var sums = new double[qkv.Count];
        var scores = new double[layout.Time];
        for (int b = 0; b < layout.Batch; b++)
        {
            for (int h = 0; h < form.HeadCount; h++)
            {
                for (int i = 0; i < layout.Time; i++)
                {
                    int first = AttentionScore.FirstKey(form, i, DocumentStart(documentStarts, b, i));
                    Scores(scores, x, layout, form, b, h, i, first);
                    double delta = 0;
                    for (int d = 0; d < layout.HeadSize; d++)
                    {
                        delta += upstream[layout.Output(b, h, i, d)] * output[layout.Output(b, h, i, d)];
                    }

                    for (int j = first; j <= i; j++)
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

                        double slope = AttentionScore.Slope(form, Product(x, layout, b, h, i, j));
                        double dProduct = layout.Scale * slope * probability * ((kept * dWeight) - delta);
                        for (int d = 0; d < layout.HeadSize; d++)
                        {
                            sums[layout.Query(b, h, i, d)] += dProduct * x[layout.Key(b, h, j, d)];
                            sums[layout.Key(b, h, j, d)] += dProduct * x[layout.Query(b, h, i, d)];
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

    // Fills scores[first ... i] for query i and returns the logarithm of the sum of their exponentials.
    private static double Scores(
        double[] scores, Values x, PackedHeads layout, in AttentionForm form, int b, int h, int i, int first)
    {
        double largest = double.NegativeInfinity;
        for (int j = first; j <= i; j++)
        {
            scores[j] = AttentionScore.Of(form, h, Product(x, layout, b, h, i, j), i - j);
            largest = Math.Max(largest, scores[j]);
        }

        double sum = 0;
        for (int j = first; j <= i; j++)
        {
            sum += Math.Exp(scores[j] - largest);
        }

        return largest + Math.Log(sum);
    }

    private static double Product(Values x, PackedHeads layout, int b, int h, int i, int j)
    {
        double dot = 0;
        for (int d = 0; d < layout.HeadSize; d++)
        {
            dot += x[layout.Query(b, h, i, d)] * x[layout.Key(b, h, j, d)];
        }

        return layout.Scale * dot;
    }

    private static int DocumentStart(Tensor documentStarts, int b, int t) =>
        documentStarts.IsNone ? 0 : documentStarts.Pointer<int>()[(b * documentStarts.Shape.Last) + t];

    private static double Kept(RandomKey key, int sample, long element, double rate) =>
        rate == 0 ? 1 : IsKept(key, sample, element, rate) ? 1 / (1 - rate) : 0;
}
