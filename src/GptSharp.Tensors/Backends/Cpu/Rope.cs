using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Rope(
        Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta)
    {
        IndexCheck.NotNegative("rope", starts);
        if (y.DType == DType.BF16)
        {
            Rope<BF16>(y, qkv, table, starts, form, pairing, inverse, beta);
        }
        else
        {
            Rope<float>(y, qkv, table, starts, form, pairing, inverse, beta);
        }
    }

    private void Rope<TStorage>(
        Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta)
        where TStorage : unmanaged =>
        RopeKernel.Run(
            y.Pointer<TStorage>(), qkv.Pointer<TStorage>(), table.Pointer<float>(), starts.Pointer<int>(), HeadsOf(qkv, form),
            qkv.Shape[1], table.Shape[0], table.Shape.Last, pairing, inverse, beta, _team);
}
