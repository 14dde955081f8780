using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void CachedAttention(
        Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, Tensor documentStarts, in AttentionForm form)
    {
        IndexCheck.Within("cached attention", starts, keys.Shape[1] - qkv.Shape[1] + 1);
        IndexCheck.Causal("cached attention", documentStarts, starts);
        if (y.DType == DType.BF16)
        {
            CachedAttention<BF16>(y, keys, values, qkv, starts, documentStarts, form);
        }
        else
        {
            CachedAttention<float>(y, keys, values, qkv, starts, documentStarts, form);
        }
    }

    private void CachedAttention<TStorage>(
        Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, Tensor documentStarts, in AttentionForm form)
        where TStorage : unmanaged
    {
        (int capacity, int keyWidth) = (keys.Shape[1], keys.Shape[2]);
        AttentionShape shape = CachedShapeOf(qkv, keys, form);
        TStorage* q = qkv.Pointer<TStorage>(), k = keys.Pointer<TStorage>(), v = values.Pointer<TStorage>();
        AttentionCacheKernel.Append(
            k, v, q + KeyColumn(shape), q + ValueColumn(shape), starts.Pointer<int>(),
            shape.Batch, shape.QueryCount, capacity, keyWidth, shape.QueryStride, _team);
        float* workspace = _scratch.Take<float>(AttentionKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionKernel.Forward(
            y.Pointer<TStorage>(), null, q, k, v, starts.Pointer<int>(),
            shape, RulesOf(form, documentStarts), 0, default, workspace, _team);
    }

    private static AttentionShape CachedShapeOf(Tensor qkv, Tensor keys, in AttentionForm form) =>
        ShapeOf(qkv, form) with { KeyCapacity = keys.Shape[1], KeyStride = keys.Shape[2] };
}
