namespace GptSharp.Tensors.Backends.Reference;

public sealed unsafe partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Rope(
        Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta)
    {
        IndexCheck.NotNegative("rope", starts);
        (Values result, Values x, Values angles) = (new Values(y), new Values(qkv), new Values(table));
        (int size, int rotated, int heads) = Heads(qkv, form);
        (int batch, int time, int width) = (qkv.Shape[0], qkv.Shape[1], table.Shape.Last);
        var turned = new double[size];
        for (int b = 0; b < batch; b++)
        {
            int start = starts.IsNone ? 0 : starts.Pointer<int>()[b];
            for (int t = 0; t < time; t++)
            {
                long row = Math.Min((long)start + t, table.Shape[0] - 1) * width;
                for (int h = 0; h < heads; h++)
                {
                    long head = (((((long)b * time) + t) * heads) + h) * size;
                    for (int d = 0; d < size; d++)
                    {
                        turned[d] = x[head + d];
                    }

                    for (int pair = 0; h < rotated && pair < width / 2; pair++)
                    {
                        (int left, int right) = pairing == RopePairing.RotateHalf
                            ? (pair, pair + (width / 2))
                            : (2 * pair, (2 * pair) + 1);
                        double cosine = angles[row + pair];
                        double sine = inverse ? -angles[row + (width / 2) + pair] : angles[row + (width / 2) + pair];
                        (double a, double c) = (turned[left], turned[right]);
                        turned[left] = (a * cosine) - (c * sine);
                        turned[right] = (c * cosine) + (a * sine);
                    }

                    for (int d = 0; d < size; d++)
                    {
                        result.Accumulate(head + d, turned[d], beta);
                    }
                }
            }
        }
    }
}
