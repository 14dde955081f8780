using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void CachedAttention(Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, Tensor documentStarts, in AttentionForm form)
    {
        (int batch, int added, int channels) = (y.Shape[0], y.Shape[1], y.Shape[2]);
        int capacity = keys.Shape[1];
        IndexCheck.Within("cached attention", starts, capacity - added + 1);
        float* q = qkv.Pointer<float>();
        int* start = starts.Pointer<int>();
        for (int b = 0; b < batch; b++)
        {
            for (int n = 0; n < added; n++)
            {
                float* row = q + ((((long)b * added) + n) * 3 * channels);
                long place = (((long)b * capacity) + start[b] + n) * channels;
                new Span<float>(row + channels, channels).CopyTo(new Span<float>(keys.Pointer<float>() + place, channels));
                new Span<float>(row + (2 * channels), channels).CopyTo(new Span<float>(values.Pointer<float>() + place, channels));
            }
        }

        AttentionShape shape = ShapeOf(qkv, form) with { KeyCapacity = capacity, KeyStride = channels };
        float* workspace = _scratch.Take<float>(AttentionKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionKernel.Forward(
            y.Pointer<float>(), null, q, keys.Pointer<float>(), values.Pointer<float>(), start,
            shape, 0, default, workspace, _team);
    }
}
