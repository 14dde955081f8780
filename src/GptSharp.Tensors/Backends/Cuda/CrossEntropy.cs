using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private const int MostRowThreads = 512;

    private KernelPair _crossEntropy = new("cross_entropy", "cross_entropy");
    private KernelPair _crossEntropyBackward = new("cross_entropy", "cross_entropy_backward");
    private KernelPair _crossEntropyBackwardAdd = new("cross_entropy", "cross_entropy_backward_add");
    private CudaKernel? _crossEntropySum;

    /// <inheritdoc/>
    public void CrossEntropy(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor logits, Tensor targets, int vocabularySize, double scale, double zLoss)
    {
        int rows = checked((int)logits.Shape.Rows);
        Launch(
            _crossEntropy.For(logits.DType, this), RowShape(rows, vocabularySize, logits.DType),
            rowLoss.Address, logSumExp.Address, logits.Address, targets.Address, Report("cross-entropy", targets),
            vocabularySize, logits.Shape.Last);
        if (!loss.IsNone)
        {
            CrossEntropySum(loss, rowLoss, logSumExp, targets, vocabularySize, scale, zLoss);
        }
    }

    /// <inheritdoc/>
    public void CrossEntropySum(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor targets, int vocabularySize, double scale, double zLoss)
    {
        _crossEntropySum ??= Kernel("cross_entropy", "cross_entropy_sum");
        Launch(
            _crossEntropySum, new LaunchShape(1, MostRowThreads),
            loss.Address, rowLoss.Address, logSumExp.Address, targets.Address, StateAddress(scale), checked((int)targets.Count), vocabularySize,
            (float)zLoss);
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        Tensor dLogits, Tensor dLoss, Tensor logits, Tensor targets, Tensor logSumExp,
        int vocabularySize, double scale, double zLoss, float beta)
    {
        CudaKernel kernel = beta == 0
            ? _crossEntropyBackward.For(logits.DType, this)
            : _crossEntropyBackwardAdd.For(logits.DType, this);
        Launch(
            kernel, RowShape(checked((int)logits.Shape.Rows), logits.Shape.Last, logits.DType),
            dLogits.Address, dLoss.Address, logits.Address, targets.Address, logSumExp.Address, StateAddress(scale),
            vocabularySize, logits.Shape.Last, (float)zLoss, beta);
    }

    /// <summary>A block per row; a thread for every 64 bytes of it, at most 512.</summary>
    private static LaunchShape RowShape(int rows, int columns, DType type)
    {
        int warps = Grid.Blocks((long)columns * type.Size(), 32 * 64);
        return new LaunchShape(rows, Math.Min(MostRowThreads, 32 * warps));
    }
}
