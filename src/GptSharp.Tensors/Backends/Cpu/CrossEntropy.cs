using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void CrossEntropy(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor logits, Tensor targets, int vocabularySize, double scale, double zLoss)
    {
        IndexCheck.Within("cross-entropy", targets, vocabularySize, except: Ops.IgnoredTarget);
        if (logits.DType == DType.BF16)
        {
            CrossEntropy<BF16>(rowLoss, logSumExp, logits, targets, vocabularySize);
        }
        else
        {
            CrossEntropy<float>(rowLoss, logSumExp, logits, targets, vocabularySize);
        }

        if (!loss.IsNone)
        {
            CrossEntropySum(loss, rowLoss, logSumExp, targets, vocabularySize, scale, zLoss);
        }
    }

    /// <inheritdoc/>
    public void CrossEntropySum(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor targets, int vocabularySize, double scale, double zLoss)
    {
        double sum = CrossEntropyKernel.Sum(
            rowLoss.Pointer<float>(), logSumExp.Pointer<float>(), targets.Pointer<int>(), checked((int)targets.Count), Ops.IgnoredTarget, zLoss);
        *loss.Pointer<float>() = (float)(scale * sum);
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        Tensor dLogits, Tensor dLoss, Tensor logits, Tensor targets, Tensor logSumExp,
        int vocabularySize, double scale, double zLoss, float beta)
    {
        float slope = (float)(*dLoss.Pointer<float>() * scale);
        if (dLogits.DType == DType.BF16)
        {
            CrossEntropyBackward<BF16>(dLogits, logits, targets, logSumExp, vocabularySize, slope, zLoss, beta);
        }
        else
        {
            CrossEntropyBackward<float>(dLogits, logits, targets, logSumExp, vocabularySize, slope, zLoss, beta);
        }
    }

    private void CrossEntropy<TStorage>(Tensor rowLoss, Tensor logSumExp, Tensor logits, Tensor targets, int vocabularySize)
        where TStorage : unmanaged => CrossEntropyKernel.Forward(
            rowLoss.Pointer<float>(), logSumExp.Pointer<float>(), logits.Pointer<TStorage>(), targets.Pointer<int>(),
            Rows(logits), vocabularySize, logits.Shape.Last, Ops.IgnoredTarget, _team);

    private void CrossEntropyBackward<TStorage>(
        Tensor dLogits, Tensor logits, Tensor targets, Tensor logSumExp, int vocabularySize, float slope, double zLoss, float beta)
        where TStorage : unmanaged => CrossEntropyKernel.Backward(
            dLogits.Pointer<TStorage>(), logits.Pointer<TStorage>(), targets.Pointer<int>(), logSumExp.Pointer<float>(),
            Rows(logits), vocabularySize, logits.Shape.Last, Ops.IgnoredTarget, slope, zLoss, beta, _team);
}
