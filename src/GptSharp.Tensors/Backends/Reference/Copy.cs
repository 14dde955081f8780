namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public unsafe void Copy(Tensor y, Tensor x) =>
        Buffer.MemoryCopy(x.Pointer<byte>(), y.Pointer<byte>(), y.Bytes, x.Bytes);
}
