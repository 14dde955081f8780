using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>Attention over a cache.</content>
public sealed unsafe partial class CudaBackend
{
    private KernelPair _cachedAttentionAppend = new("cached_attention", "cached_attention_append");

    /// <remarks>
    /// Attention itself is always a kernel of <c>attention.cu</c>, whose bits do not depend on how a sequence is cut into chunks.
    /// </remarks>
    /// <inheritdoc/>
    public void CachedAttention(
        Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, Tensor documentStarts, in AttentionForm form)
    {
        (int batch, int time) = (qkv.Shape[0], qkv.Shape[1]);
        (int capacity, int keyWidth, int headSize) = (keys.Shape[1], keys.Shape[2], form.HeadSize(qkv.Shape[2]));
        Launch(
            _cachedAttentionAppend.For(y.DType, this), new LaunchShape(checked(batch * time), 128),
            keys.Address, values.Address, Report("cached attention", starts), qkv.Address, starts.Address,
            form.HeadCount * headSize, keyWidth, capacity, time);
        CheckDocuments("cached attention", documentStarts, starts);
        (CudaKernel kernel, LaunchShape shape) = AttentionKernel(qkv, form);
        LaunchAttention(
            kernel, shape, qkv, documentStarts, form, 0, default,
            y.Address, Absent, qkv.Address, keys.Address, values.Address, starts.Address, qkv.Shape[2], keyWidth, capacity);
    }
}
