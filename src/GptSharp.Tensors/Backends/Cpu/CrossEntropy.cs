using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void CrossEntropy(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor logits, Tensor targets, int vocabularySize, double scale, double zLoss)
    {
        IndexCheck.Within("cross-entropy", targets, vocabularySize, except: Ops.IgnoredTarget);
        double sum = CrossEntropyKernel.Forward(
            rowLoss.Pointer<float>(), logSumExp.Pointer<float>(), logits.Pointer<float>(), targets.Pointer<int>(),
            Rows(logits), vocabularySize, logits.Shape.Last, Ops.IgnoredTarget, _team);
        *loss.Pointer<float>() = (float)(scale * sum);
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        Tensor dLogits, Tensor dLoss, Tensor logits, Tensor targets, Tensor logSumExp,
        int vocabularySize, double scale, double zLoss, float beta) => CrossEntropyKernel.Backward(
            dLogits.Pointer<float>(), logits.Pointer<float>(), targets.Pointer<int>(), logSumExp.Pointer<float>(),
            Rows(logits), vocabularySize, logits.Shape.Last, Ops.IgnoredTarget,
            (float)(*dLoss.Pointer<float>() * scale), beta, _team);
}
