using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Attention(Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key)
    {
        AttentionShape shape = ShapeOf(qkv, form);
        int channels = y.Shape.Last;
        float* q = qkv.Pointer<float>();
        float* workspace = _scratch.Take<float>(AttentionKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionKernel.Forward(
            y.Pointer<float>(), logSumExp.Pointer<float>(), q, q + channels, q + (2 * channels), null,
            shape, (float)dropoutRate, key, workspace, _team);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta)
    {
        AttentionShape shape = ShapeOf(qkv, form);
        int channels = y.Shape.Last;
        float* q = qkv.Pointer<float>();
        float* dq = dQkv.Pointer<float>();
        float* workspace = _scratch.Take<float>(AttentionBackwardKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionBackwardKernel.Run(
            dq, dq + channels, dq + (2 * channels), dy.Pointer<float>(), q, q + channels, q + (2 * channels),
            y.Pointer<float>(), logSumExp.Pointer<float>(), shape, (float)dropoutRate, key, beta, workspace, _team);
    }

    private static AttentionShape ShapeOf(Tensor qkv, in AttentionForm form)
    {
        int headSize = form.HeadSize(qkv.Shape.Last);
        return AttentionShape.Packed(
            qkv.Shape[0], qkv.Shape[1], form.HeadCount, form.KeyHeadCount, headSize, (float)(1 / Math.Sqrt(headSize)));
    }
}
