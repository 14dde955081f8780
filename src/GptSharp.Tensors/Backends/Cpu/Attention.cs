using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Attention(Tensor y, Tensor logSumExp, Tensor qkv, int headCount, double dropoutRate, RandomKey key)
    {
        AttentionShape shape = ShapeOf(qkv, headCount);
        int channels = y.Shape.Last;
        float* q = qkv.Pointer<float>();
        float* workspace = _scratch.Take<float>(AttentionKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionKernel.Forward(
            y.Pointer<float>(), logSumExp.Pointer<float>(), q, q + channels, q + (2 * channels), null,
            shape, (float)dropoutRate, key, workspace, _team);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp,
        int headCount, double dropoutRate, RandomKey key, float beta)
    {
        AttentionShape shape = ShapeOf(qkv, headCount);
        int channels = y.Shape.Last;
        float* q = qkv.Pointer<float>();
        float* dq = dQkv.Pointer<float>();
        float* workspace = _scratch.Take<float>(AttentionBackwardKernel.WorkspaceCount(shape, _team.ThreadCount));
        AttentionBackwardKernel.Run(
            dq, dq + channels, dq + (2 * channels), dy.Pointer<float>(), q, q + channels, q + (2 * channels),
            y.Pointer<float>(), logSumExp.Pointer<float>(), shape, (float)dropoutRate, key, beta, workspace, _team);
    }

    private static AttentionShape ShapeOf(Tensor qkv, int headCount)
    {
        int headSize = qkv.Shape.Last / (3 * headCount);
        return AttentionShape.Packed(
            qkv.Shape[0], qkv.Shape[1], headCount, headCount, headSize, (float)(1 / Math.Sqrt(headSize)));
    }
}
