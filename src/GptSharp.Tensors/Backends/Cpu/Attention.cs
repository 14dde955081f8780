using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Attention(
        Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key)
    {
        IndexCheck.Causal("attention", documentStarts);
        if (y.DType == DType.BF16)
        {
            Attention<BF16>(y, logSumExp, qkv, documentStarts, form, dropoutRate, key);
        }
        else
        {
            Attention<float>(y, logSumExp, qkv, documentStarts, form, dropoutRate, key);
        }
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta)
    {
        if (dy.DType == DType.BF16)
        {
            AttentionBackward<BF16>(dQkv, dy, qkv, y, logSumExp, documentStarts, form, dropoutRate, key, beta);
        }
        else
        {
            AttentionBackward<float>(dQkv, dy, qkv, y, logSumExp, documentStarts, form, dropoutRate, key, beta);
        }
    }

    private void Attention<TStorage>(
        Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key)
        where TStorage : unmanaged
    {
        AttentionShape shape = ShapeOf(qkv, form);
        TStorage* q = qkv.Pointer<TStorage>(), k = q + KeyColumn(shape), v = q + ValueColumn(shape);
        float* workspace = _scratch.Take<float>(AttentionKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionKernel.Forward(
            y.Pointer<TStorage>(), logSumExp.Pointer<float>(), q, k, v, null,
            shape, RulesOf(form, documentStarts), (float)dropoutRate, key, workspace, _team);
    }

    private void AttentionBackward<TStorage>(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta)
        where TStorage : unmanaged
    {
        AttentionShape shape = ShapeOf(qkv, form);
        TStorage* q = qkv.Pointer<TStorage>(), k = q + KeyColumn(shape), v = q + ValueColumn(shape);
        TStorage* dq = dQkv.Pointer<TStorage>(), dk = dq + KeyColumn(shape), dv = dq + ValueColumn(shape);
        float* workspace = _scratch.Take<float>(AttentionBackwardKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionBackwardKernel.Run(
            dq, dk, dv, dy.Pointer<TStorage>(), q, k, v, y.Pointer<TStorage>(), logSumExp.Pointer<float>(),
            shape, RulesOf(form, documentStarts), (float)dropoutRate, key, beta, workspace, _team);
    }

    private static AttentionShape ShapeOf(Tensor qkv, in AttentionForm form)
    {
        int headSize = form.HeadSize(qkv.Shape.Last);
        return AttentionShape.Packed(
            qkv.Shape[0], qkv.Shape[1], form.HeadCount, form.KeyHeadCount, headSize, (float)(1 / Math.Sqrt(headSize)));
    }

    private static AttentionRules RulesOf(in AttentionForm form, Tensor documentStarts) =>
        new(form, documentStarts.IsNone ? null : documentStarts.Pointer<int>());

    private static int KeyColumn(in AttentionShape shape) => shape.HeadCount * shape.HeadSize;

    private static int ValueColumn(in AttentionShape shape) => (shape.HeadCount + shape.KeyHeadCount) * shape.HeadSize;
}
