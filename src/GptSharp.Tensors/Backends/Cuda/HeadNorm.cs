using System.Numerics;
using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private const int WidestPackedHead = 256;

    private KernelPair _headNorm = new("head_norm", "head_norm");
    private KernelPair _headNormAny = new("head_norm", "head_norm_any");
    private KernelPair _headNormBackward = new("head_norm", "head_norm_backward");
    private KernelPair _headNormBackwardAny = new("head_norm", "head_norm_backward_any");

    /// <inheritdoc/>
    public void HeadNorm(
        Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon)
    {
        (long rows, int size) = (qkv.Shape.Rows, form.HeadSize(qkv.Shape.Last));
        (int blocks, int rowsPerBlock) = HeadNormRows(rows);
        bool packed = IsPackedHead(size, qkv.DType, y.Address, qkv.Address, queryWeight.Address, keyWeight.Address);
        Launch(
            packed ? _headNorm.For(qkv.DType, this) : _headNormAny.For(qkv.DType, this), new LaunchShape(blocks, Grid.RowThreads),
            y.Address, rrms.Address, qkv.Address, queryWeight.Address, keyWeight.Address, (int)rows, rowsPerBlock,
            size, form.HeadCount, form.HeadCount + form.KeyHeadCount, form.HeadCount + (2 * form.KeyHeadCount),
            HeadLanes(size, qkv.DType), 1f / size, (float)epsilon);
    }

    /// <inheritdoc/>
    public void HeadNormBackward(
        Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms,
        in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight)
    {
        (long rows, int size) = (qkv.Shape.Rows, form.HeadSize(qkv.Shape.Last));
        (int blocks, int rowsPerBlock) = HeadNormRows(rows);
        bool sums = !dQueryWeight.IsNone || !dKeyWeight.IsNone;
        nint partial = sums ? Workspace(HeadNormWorkspaceBytes(rows, size)) : 0;
        bool packed = IsPackedHead(size, qkv.DType, dQkv.Address, dy.Address, qkv.Address, queryWeight.Address, keyWeight.Address);
        Launch(
            packed ? _headNormBackward.For(qkv.DType, this) : _headNormBackwardAny.For(qkv.DType, this), new LaunchShape(blocks, Grid.RowThreads),
            dQkv.Address, partial, dy.Address, qkv.Address, queryWeight.Address, keyWeight.Address, rrms.Address, (int)rows, rowsPerBlock,
            size, form.HeadCount, form.HeadCount + form.KeyHeadCount, form.HeadCount + (2 * form.KeyHeadCount),
            HeadLanes(size, qkv.DType), 1f / size, betaQkv);
        if (sums)
        {
            ColumnSums(dQueryWeight, dKeyWeight, partial, blocks, size, 2 * size, betaQueryWeight, betaKeyWeight);
        }
    }

    private static long HeadNormWorkspaceBytes(long rows, int headSize) => HeadNormRows(rows).Blocks * 2L * headSize * sizeof(float);

    // Four rows per warp, so that the weights cost little beside them, where there are enough to fill a GPU.
    private static (int Blocks, int RowsPerBlock) HeadNormRows(long rows)
    {
        int rowsPerBlock = Grid.RowThreads / 32 * (rows < 2048 ? 1 : 4);
        return (Grid.Blocks(rows, rowsPerBlock), rowsPerBlock);
    }

    private static bool IsPackedHead(int headSize, DType type, params ReadOnlySpan<nint> addresses)
    {
        bool packed = headSize % (Grid.PackBytes / type.Size()) == 0 && headSize <= WidestPackedHead;
        foreach (nint address in addresses)
        {
            packed &= address % Grid.PackBytes == 0;
        }

        return packed;
    }

    // Logarithm of the lanes that hold a head, one pack each (two, in binary32, if it has more than 128 channels).
    private static int HeadLanes(int headSize, DType type) =>
        BitOperations.Log2(Math.Min(32, BitOperations.RoundUpToPowerOf2((uint)Grid.Blocks(headSize, Grid.PackBytes / type.Size()))));
}
