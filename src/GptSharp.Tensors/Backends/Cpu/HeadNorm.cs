using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void HeadNorm(
        Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon)
    {
        if (y.DType == DType.BF16)
        {
            HeadNorm<BF16>(y, rrms, qkv, queryWeight, keyWeight, form, epsilon);
        }
        else
        {
            HeadNorm<float>(y, rrms, qkv, queryWeight, keyWeight, form, epsilon);
        }
    }

    /// <inheritdoc/>
    public void HeadNormBackward(
        Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms,
        in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight)
    {
        switch (dy.DType, GradientType(dQueryWeight, dKeyWeight))
        {
            case (DType.BF16, DType.BF16):
                HeadNormBackward<BF16, BF16>(
                    dQkv, dQueryWeight, dKeyWeight, dy, qkv, queryWeight, keyWeight, rrms, form, betaQkv, betaQueryWeight, betaKeyWeight);
                break;
            case (DType.BF16, _):
                HeadNormBackward<BF16, float>(
                    dQkv, dQueryWeight, dKeyWeight, dy, qkv, queryWeight, keyWeight, rrms, form, betaQkv, betaQueryWeight, betaKeyWeight);
                break;
            default:
                HeadNormBackward<float, float>(
                    dQkv, dQueryWeight, dKeyWeight, dy, qkv, queryWeight, keyWeight, rrms, form, betaQkv, betaQueryWeight, betaKeyWeight);
                break;
        }
    }

    private void HeadNorm<TStorage>(
        Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon)
        where TStorage : unmanaged =>
        HeadNormKernel.Forward(
            y.Pointer<TStorage>(), rrms.Pointer<float>(), qkv.Pointer<TStorage>(), queryWeight.Pointer<TStorage>(),
            keyWeight.Pointer<TStorage>(), HeadsOf(qkv, form), (float)epsilon, _team);

    private void HeadNormBackward<TStorage, TGradient>(
        Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms,
        in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight)
        where TStorage : unmanaged
        where TGradient : unmanaged
    {
        HeadShape shape = HeadsOf(qkv, form);
        HeadNormKernel.Backward(
            dQkv.Pointer<TStorage>(), dQueryWeight.Pointer<TGradient>(), dKeyWeight.Pointer<TGradient>(), dy.Pointer<TStorage>(),
            qkv.Pointer<TStorage>(), queryWeight.Pointer<TStorage>(), keyWeight.Pointer<TStorage>(), rrms.Pointer<float>(), shape,
            betaQkv, betaQueryWeight, betaKeyWeight, _scratch.Take<float>(HeadNormKernel.WorkspaceCount(shape)), _team);
    }

    private static HeadShape HeadsOf(Tensor qkv, in AttentionForm form) =>
        new(Rows(qkv), form.HeadCount, form.KeyHeadCount, form.HeadSize(qkv.Shape.Last));
}
