namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void GradientNorm(Tensor norm, Tensor gradients)
    {
        (Values result, Values g) = (new Values(norm), new Values(gradients));
        double squares = 0;
        for (long i = 0; i < gradients.Count; i++)
        {
            squares += g[i] * g[i];
        }

        result[0] = Math.Sqrt(squares);
    }
}
