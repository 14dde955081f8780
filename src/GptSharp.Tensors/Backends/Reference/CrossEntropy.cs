namespace GptSharp.Tensors.Backends.Reference;

public sealed unsafe partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void CrossEntropy(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor logits, Tensor targets, int vocabularySize,
        double scale, double zLoss)
    {
        IndexCheck.Within("cross-entropy", targets, vocabularySize, except: Ops.IgnoredTarget);
        (Values losses, Values normalizers) = (new Values(rowLoss), new Values(logSumExp));
        var z = new Values(logits);
        int* target = targets.Pointer<int>();
        int stride = logits.Shape.Last;
        for (long row = 0; row < logits.Shape.Rows; row++)
        {
            long start = row * stride;
            double largest = double.NegativeInfinity;
            for (int v = 0; v < vocabularySize; v++)
            {
                largest = Math.Max(largest, z[start + v]);
            }

            double exponentials = 0;
            for (int v = 0; v < vocabularySize; v++)
            {
                exponentials += Math.Exp(z[start + v] - largest);
            }

            double normalizer = largest + Math.Log(exponentials);
            normalizers[row] = normalizer;
            losses[row] = target[row] == Ops.IgnoredTarget ? 0 : normalizer - z[start + target[row]];
        }

        if (!loss.IsNone)
        {
            CrossEntropySum(loss, rowLoss, logSumExp, targets, vocabularySize, scale, zLoss);
        }
    }

    /// <inheritdoc/>
    public void CrossEntropySum(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor targets, int vocabularySize, double scale, double zLoss)
    {
        (Values total, Values losses, Values normalizers) = (new Values(loss), new Values(rowLoss), new Values(logSumExp));
        int* target = targets.Pointer<int>();
        double sum = 0;
        for (long row = 0; row < targets.Count; row++)
        {
            sum += target[row] == Ops.IgnoredTarget ? 0 : losses[row] + (zLoss * normalizers[row] * normalizers[row]);
        }

        total[0] = scale * sum;
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        Tensor dLogits, Tensor dLoss, Tensor logits, Tensor targets, Tensor logSumExp,
        int vocabularySize, double scale, double zLoss, float beta)
    {
        (Values gradient, Values upstream) = (new Values(dLogits), new Values(dLoss));
        (Values z, Values normalizers) = (new Values(logits), new Values(logSumExp));
        int* target = targets.Pointer<int>();
        int stride = logits.Shape.Last;
        for (long row = 0; row < logits.Shape.Rows; row++)
        {
            for (int v = 0; v < stride; v++)
            {
                long i = (row * stride) + v;
                bool counts = v < vocabularySize && target[row] != Ops.IgnoredTarget;
                double weight = 1 + (2 * zLoss * normalizers[row]);
                double slope = counts ? (weight * Math.Exp(z[i] - normalizers[row])) - (v == target[row] ? 1 : 0) : 0;
                gradient.Accumulate(i, upstream[0] * scale * slope, beta);
            }
        }
    }
}
