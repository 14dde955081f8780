using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.AttentionRoutes;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>
/// Attention, forward: on tensor cores where storage, head size and alignment allow it, else by the kernels that take everything.
/// </content>
public sealed unsafe partial class CudaBackend
{
    private const nint Absent = 0; // the address of a tensor that is not there

    private readonly KernelPair[] _attention = [.. AttentionTile.All.Select(tile => new KernelPair("attention", tile.Name))];
    private readonly CudaKernel?[] _flashAttention = new CudaKernel?[FlashTile.All.Length];
    private CudaKernel? _attentionDocuments;

    /// <inheritdoc/>
    public void Attention(
        Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key)
    {
        (int time, int width, int headSize) = (qkv.Shape[1], qkv.Shape[2], form.HeadSize(qkv.Shape[2]));
        CheckDocuments("attention", documentStarts, Tensor.None);
        if (FlashKernel(y, qkv, documentStarts, form, dropoutRate, out FlashTile flash) is { } kernel)
        {
            LaunchAttention(
                kernel, flash.Shape(qkv.Shape[0] * form.HeadCount, time), qkv, documentStarts, form, dropoutRate, key,
                y.Address, logSumExp.Address, qkv.Address);
            return;
        }

        nint keys = qkv.Address + ((nint)form.HeadCount * headSize * qkv.DType.Size());
        nint values = keys + ((nint)form.KeyHeadCount * headSize * qkv.DType.Size());
        (CudaKernel any, LaunchShape shape) = AttentionKernel(qkv, form);
        LaunchAttention(
            any, shape, qkv, documentStarts, form, dropoutRate, key,
            y.Address, logSumExp.Address, qkv.Address, keys, values, Absent, width, width, time);
    }

    /// <summary>The kernel of <c>attention.cu</c> that suits the head size and the number of queries.</summary>
    /// <exception cref="TensorException">The heads are wider than the kernels take.</exception>
    private (CudaKernel Kernel, LaunchShape Shape) AttentionKernel(Tensor qkv, in AttentionForm form)
    {
        int headSize = form.HeadSize(qkv.Shape[2]);
        int tile = AttentionTile.Find(headSize, queryCount: qkv.Shape[1]);
        return tile >= 0
            ? (_attention[tile].For(qkv.DType, this), AttentionTile.All[tile].Shape(qkv.Shape[0] * form.HeadCount, qkv.Shape[1], headSize))
            : throw new TensorException(
                $"attention: the CUDA kernels take heads of up to {AttentionTile.All[^1].MostHeadSize} channels, not {headSize}; more heads would be narrower.");
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
    /// <exception cref="ArgumentOutOfRangeException">A sample has 2^34 weights or more for dropout to draw for.</exception>
    private void LaunchAttention(
        CudaKernel kernel, in LaunchShape shape, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key,
        params ReadOnlySpan<KernelParameter> own)
    {
        int headSize = form.HeadSize(qkv.Shape[2]);
        if (dropoutRate > 0)
        {
            Philox.RequireElementRange(0, (long)form.HeadCount * qkv.Shape[1] * qkv.Shape[1]);
        }

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

    /// <summary>The first flash kernel that can do it and that the device's compiler kept in registers; null if there is none.</summary>
    /// <remarks>
    /// Tensor cores take BF16, and the copies to shared memory 16 bytes at a time; dropout draws for four keys at once, which must not belong
    /// to different rows. A kernel that spills is slower than the next one, with smaller tiles or without tensor cores; the driver says so in its log.
    /// </remarks>
    private CudaKernel? FlashKernel(
        Tensor y, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, out FlashTile tile)
    {
        tile = default;
        int time = qkv.Shape[1];
        if (qkv.DType != DType.BF16 || ((qkv.Address | y.Address) & 15) != 0 || (dropoutRate > 0 && time % 4 != 0))
        {
            return null;
        }

        FlashFeatures features =
            (dropoutRate > 0 ? FlashFeatures.Dropout : 0)
            | (form.Window > 0 || !documentStarts.IsNone ? FlashFeatures.Local : 0)
            | (form.Alibi || form.SoftCap > 0 ? FlashFeatures.Shaped : 0);
        FlashFeatures? kind = null; // of the leanest that can do it; those that can do more take more registers, not fewer
        for (int i = 0; i < FlashTile.All.Length; i++)
        {
            tile = FlashTile.All[i];
            if (tile.Takes(form.HeadSize(qkv.Shape[2]), time, features) && tile.Features == (kind ?? tile.Features))
            {
                kind = tile.Features;
                CudaKernel kernel = _flashAttention[i] ??= Kernel(tile.Image, tile.Name);
                if (kernel.LocalBytes == 0)
                {
                    return kernel;
                }
            }
        }

        return null;
    }

    /// <summary>Reports documents that begin behind their own position, if there are documents.</summary>
    private void CheckDocuments(string op, Tensor documentStarts, Tensor starts)
    {
        if (!documentStarts.IsNone)
        {
            int count = checked((int)documentStarts.Count);
            Launch(
                _attentionDocuments ??= Kernel("cached_attention", "attention_documents"), new LaunchShape(Grid.Blocks(count, 256), 256),
                Report(op, documentStarts, IndexRule.Causal), documentStarts.Address, starts.Address, documentStarts.Shape[1], count);
        }
    }
}
