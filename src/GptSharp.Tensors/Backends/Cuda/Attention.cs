using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>Attention, forward.</content>
public sealed unsafe partial class CudaBackend
{
    private const nint Absent = 0; // the address of a tensor that is not there

    private readonly KernelPair[] _attention = [.. AttentionTile.All.Select(tile => new KernelPair("attention", tile.Name))];
    private CudaKernel? _attentionDocuments;

    /// <inheritdoc/>
    public void Attention(
        Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key)
    {
        (int batch, int time, int width) = (qkv.Shape[0], qkv.Shape[1], qkv.Shape[2]);
        int headSize = form.HeadSize(width);
        CheckDocuments("attention", documentStarts, default);
        nint keys = qkv.Address + ((nint)form.HeadCount * headSize * qkv.DType.Size());
        nint values = keys + ((nint)form.KeyHeadCount * headSize * qkv.DType.Size());
        int tile = AttentionTile.Find(headSize, time);
        LaunchAttention(
            _attention[tile].For(y.DType, this), AttentionTile.All[tile].Shape(batch * form.HeadCount, time, headSize),
            qkv, documentStarts, form, dropoutRate, key,
            y.Address, logSumExp.Address, qkv.Address, keys, values, Absent, width, width, time);
    }

    /// <summary>Launches a kernel of attention: its own parameters first, then those that all of them have (<c>kernels/attention.cuh</c>).</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="shape">Blocks, threads, shared memory.</param>
    /// <param name="qkv">(B, T, (H + 2 G) D).</param>
    /// <param name="documentStarts">I32 (B, T), or absent.</param>
    /// <param name="form">Heads and what is done to the scores.</param>
    /// <param name="dropoutRate">Probability that a weight is dropped.</param>
    /// <param name="key">Of dropout.</param>
    /// <param name="own">The first parameters.</param>
    private void LaunchAttention(
        CudaKernel kernel, in LaunchShape shape, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key,
        params ReadOnlySpan<KernelParameter> own)
    {
        int headSize = form.HeadSize(qkv.Shape[2]);
        ReadOnlySpan<KernelParameter> shared =
        [
            documentStarts.Address,
            dropoutRate > 0 ? StateAddress(key) : Absent,
            qkv.Shape[1],
            form.HeadCount,
            form.KeyHeadCount,
            headSize,
            (float)(1 / Math.Sqrt(headSize)),
            form.Window,
            (float)form.SoftCap,
            form.Alibi ? 1 : 0,
            Philox.KeepThreshold((float)dropoutRate),
            (float)(1 / (1 - dropoutRate)),
            key.Site,
        ];
        Span<KernelParameter> all = stackalloc KernelParameter[own.Length + shared.Length];
        own.CopyTo(all);
        shared.CopyTo(all[own.Length..]);
        Launch(kernel, shape, all);
    }

    /// <summary>Reports documents that begin behind their own position, if there are documents.</summary>
    private void CheckDocuments(string op, Tensor documentStarts, Tensor starts)
    {
        if (!documentStarts.IsNone)
        {
            (int batch, int time) = (documentStarts.Shape[0], documentStarts.Shape[1]);
            Launch(
                _attentionDocuments ??= Kernel("cached_attention", "attention_documents"),
                new LaunchShape((Blocks(time, 256), batch), 256),
                Report(op, documentStarts, IndexRule.Causal), documentStarts.Address, starts.Address, time);
        }
    }
}
