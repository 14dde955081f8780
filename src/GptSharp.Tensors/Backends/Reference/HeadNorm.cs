namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void HeadNorm(
        Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon)
    {
        (Values result, Values inverses, Values x) = (new Values(y), new Values(rrms), new Values(qkv));
        (Values queryScale, Values keyScale) = (new Values(queryWeight), new Values(keyWeight));
        (int size, int normed, int heads) = Heads(qkv, form);
        for (long row = 0; row < qkv.Shape.Rows; row++)
        {
            for (int h = 0; h < heads; h++)
            {
                long start = ((row * heads) + h) * size;
                if (h < normed)
                {
                    Values weight = h < form.HeadCount ? queryScale : keyScale;
                    inverses[(row * normed) + h] = NormaliseRow(result, x, weight, start, size, epsilon);
                    continue;
                }

                for (int d = 0; d < size; d++)
                {
                    result[start + d] = x[start + d];
                }
            }
        }
    }

    /// <inheritdoc/>
    public void HeadNormBackward(
        Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms,
        in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight)
    {
        (Values gradient, Values upstream, Values x) = (new Values(dQkv), new Values(dy), new Values(qkv));
        (Values queryScale, Values keyScale, Values inverses) = (new Values(queryWeight), new Values(keyWeight), new Values(rrms));
        (int size, int normed, int heads) = Heads(qkv, form);
        (double[] querySum, double[] keySum) = (new double[size], new double[size]);
        for (long row = 0; row < qkv.Shape.Rows; row++)
        {
            for (int h = 0; h < heads; h++)
            {
                long start = ((row * heads) + h) * size;
                if (h < normed)
                {
                    bool isQuery = h < form.HeadCount;
                    NormaliseRowBackward(
                        gradient, isQuery ? querySum : keySum, upstream, x, isQuery ? queryScale : keyScale,
                        inverses[(row * normed) + h], start, size, betaQkv);
                    continue;
                }

                for (int d = 0; gradient.Exist && d < size; d++)
                {
                    gradient.Accumulate(start + d, upstream[start + d], betaQkv);
                }
            }
        }

        AccumulateVector(new Values(dQueryWeight), querySum, betaQueryWeight);
        AccumulateVector(new Values(dKeyWeight), keySum, betaKeyWeight);
    }

    // Channels of a head, heads that are normalised (or rotated), and all heads.
    private static (int Size, int Normed, int Heads) Heads(Tensor qkv, in AttentionForm form) =>
        (form.HeadSize(qkv.Shape.Last), form.HeadCount + form.KeyHeadCount, form.HeadCount + (2 * form.KeyHeadCount));
}
