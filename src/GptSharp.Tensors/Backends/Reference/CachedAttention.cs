namespace GptSharp.Tensors.Backends.Reference;

public sealed unsafe partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void CachedAttention(
        Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, Tensor documentStarts, in AttentionForm form)
    {
        IndexCheck.Within("cached attention", starts, keys.Shape[1] - qkv.Shape[1] + 1);
        IndexCheck.Causal("cached attention", documentStarts, starts);
        (Values result, Values x) = (new Values(y), new Values(qkv));
        (Values cachedKeys, Values cachedValues) = (new Values(keys), new Values(values));
        var layout = new PackedHeads(qkv, form);
        (int capacity, int keyHeads, int groupSize) = (keys.Shape[1], form.KeyHeadCount, form.GroupSize);
        long Cached(int b, int t, int h, int d) =>
            (((((long)b * capacity) + t) * keyHeads) + (h / groupSize)) * layout.HeadSize + d;

        var scores = new double[capacity];
        for (int b = 0; b < layout.Batch; b++)
        {
            int start = starts.Pointer<int>()[b];
            for (int h = 0; h < form.HeadCount; h++)
            {
                for (int i = 0; i < layout.Time; i++)
                {
                    for (int d = 0; d < layout.HeadSize; d++)
                    {
                        cachedKeys[Cached(b, start + i, h, d)] = x[layout.Key(b, h, i, d)];
                        cachedValues[Cached(b, start + i, h, d)] = x[layout.Value(b, h, i, d)];
                    }

                    int first = AttentionScore.FirstKey(form, start + i, DocumentStart(documentStarts, b, i));
                    double largest = double.NegativeInfinity;
                    for (int j = first; j <= start + i; j++)
                    {
                        double dot = 0;
                        for (int d = 0; d < layout.HeadSize; d++)
                        {
                            dot += x[layout.Query(b, h, i, d)] * cachedKeys[Cached(b, j, h, d)];
                        }

                        scores[j] = AttentionScore.Of(form, h, layout.Scale * dot, start + i - j);
                        largest = Math.Max(largest, scores[j]);
                    }

                    double sum = 0;
                    for (int j = first; j <= start + i; j++)
                    {
                        scores[j] = Math.Exp(scores[j] - largest);
                        sum += scores[j];
                    }

                    for (int d = 0; d < layout.HeadSize; d++)
                    {
                        double mixed = 0;
                        for (int j = first; j <= start + i; j++)
                        {
                            mixed += scores[j] / sum * cachedValues[Cached(b, j, h, d)];
                        }

                        result[layout.Output(b, h, i, d)] = mixed;
                    }
                }
            }
        }
    }
}
