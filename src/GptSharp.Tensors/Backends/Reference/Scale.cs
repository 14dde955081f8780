namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Scale(Tensor y, Tensor x, double factor, float beta)
    {
        (Values result, Values input) = (new Values(y), new Values(x));
        for (long i = 0; i < y.Count; i++)
        {
            result.Accumulate(i, factor * input[i], beta);
        }
    }
}
