using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>What every attention kernel takes last: <c>ATTENTION_FORM_PARAMETERS</c> of <c>kernels/attention.cuh</c>.</content>
public sealed unsafe partial class CudaBackend
{
    /// <summary>Number of these parameters.</summary>
    private const int AttentionFormParameters = 13;

    /// <summary>Widest head that the kernels take.</summary>
    private const int MostHeadChannels = 256;

    /// <summary>Puts a form at the end of a kernel's parameters.</summary>
    /// <exception cref="TensorException">The heads are wider than the kernels take.</exception>
    private void PutForm(
        Span<KernelParameter> parameters, Tensor documentStarts, in AttentionForm form, int time, int headSize, double dropoutRate, RandomKey key)
    {
        if (headSize > MostHeadChannels)
        {
            throw new TensorException(
                $"attention: the CUDA kernels take heads of up to {MostHeadChannels} channels, not {headSize}; more heads would be narrower.");
        }

        ReadOnlySpan<KernelParameter> last =
        [
            documentStarts.IsNone ? (nint)0 : documentStarts.Address,
            dropoutRate > 0 ? StateAddress(key) : (nint)0,
            time,
            form.HeadCount,
            form.KeyHeadCount,
            headSize,
            (float)(1 / Math.Sqrt(headSize)),
            form.Window,
            (float)form.SoftCap,
            form.Alibi ? 1 : 0,
            dropoutRate > 0 ? Philox.KeepThreshold((float)dropoutRate) : 0u,
            (float)(1 / (1 - dropoutRate)),
            key.Site,
        ];
        last.CopyTo(parameters[^AttentionFormParameters..]);
    }
}
