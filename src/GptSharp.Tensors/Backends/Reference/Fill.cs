namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public unsafe void Fill(Tensor y, double value)
    {
        if (y.DType == DType.I32)
        {
            new Span<int>(y.Pointer<int>(), checked((int)y.Count)).Fill((int)value);
            return;
        }

        var result = new Values(y);
        for (long i = 0; i < y.Count; i++)
        {
            result[i] = value;
        }
    }
}
