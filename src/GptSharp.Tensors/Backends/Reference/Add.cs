namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Add(Tensor y, Tensor a, Tensor b)
    {
        (Values sum, Values left, Values right) = (new Values(y), new Values(a), new Values(b));
        for (long i = 0; i < y.Count; i++)
        {
            sum[i] = left[i] + right[i];
        }
    }
}
