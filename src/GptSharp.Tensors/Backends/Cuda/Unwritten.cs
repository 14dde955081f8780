namespace GptSharp.Tensors.Backends.Cuda;

/// <content>What has no kernel yet.</content>
public sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    public void GatedUnit(Tensor y, Tensor x, ActivationFunction gate) => throw Unwritten();

    /// <inheritdoc/>
    public void GatedUnitBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction gate, float beta) => throw Unwritten();

    /// <inheritdoc/>
    public void HeadNorm( Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon) => throw Unwritten();

    /// <inheritdoc/>
    public void HeadNormBackward( Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms, in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight) => throw Unwritten();

    /// <inheritdoc/>
    public void Rope( Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta) => throw Unwritten();

    private static NotSupportedException Unwritten() => new("no kernel yet");
}
