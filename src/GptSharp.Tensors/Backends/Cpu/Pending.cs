namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void GatedUnit(Tensor y, Tensor x, ActivationFunction gate) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void GatedUnitBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction gate, float beta) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void SoftCap(Tensor y, Tensor x, double cap) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void SoftCapBackward(Tensor dx, Tensor dy, Tensor x, double cap, float beta) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void RMSNorm(Tensor y, Tensor rrms, Tensor x, Tensor weight, double epsilon) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void RMSNormBackward(
        Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor weight, Tensor rrms, float betaX, float betaWeight) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void HeadNorm(
        Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void HeadNormBackward(
        Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms,
        in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight) => throw new NotImplementedException();
    /// <inheritdoc/>
    public void Rope(
        Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta) => throw new NotImplementedException();
}
