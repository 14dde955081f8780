using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Embedding(Tensor y, Tensor indices, Tensor table, Tensor positions)
    {
        IndexCheck.Within("embedding", indices, table.Shape.Rows);
        if (y.DType == DType.BF16)
        {
            Embedding<BF16>(y, indices, table, positions);
        }
        else
        {
            Embedding<float>(y, indices, table, positions);
        }
    }

    /// <inheritdoc/>
    public void EmbeddingBackward(Tensor dTable, Tensor dy, Tensor indices, float beta)
    {
        switch (dTable.DType, dy.DType)
        {
            case (DType.BF16, _):
                EmbeddingBackward<BF16, BF16>(dTable, dy, indices, beta);
                break;
            case (_, DType.BF16):
                EmbeddingBackward<float, BF16>(dTable, dy, indices, beta);
                break;
            default:
                EmbeddingBackward<float, float>(dTable, dy, indices, beta);
                break;
        }
    }

    /// <inheritdoc/>
    public void PositionBackward(Tensor dPositions, Tensor dy, float beta)
    {
        switch (dPositions.DType, dy.DType)
        {
            case (DType.BF16, _):
                PositionBackward<BF16, BF16>(dPositions, dy, beta);
                break;
            case (_, DType.BF16):
                PositionBackward<float, BF16>(dPositions, dy, beta);
                break;
            default:
                PositionBackward<float, float>(dPositions, dy, beta);
                break;
        }
    }

    private void Embedding<TStorage>(Tensor y, Tensor indices, Tensor table, Tensor positions)
        where TStorage : unmanaged
    {
        (int rows, int period, int channels) = (checked((int)indices.Count), indices.Shape.Last, y.Shape.Last);
        if (IsArranged(table))
        {
            EmbeddingKernel.ForwardFromPanels(
                y.Pointer<TStorage>(), indices.Pointer<int>(), table.Pointer<TStorage>(), positions.Pointer<TStorage>(),
                rows, period, channels, _team);
            return;
        }

        EmbeddingKernel.Forward(
            y.Pointer<TStorage>(), indices.Pointer<int>(), table.Pointer<TStorage>(), positions.Pointer<TStorage>(),
            rows, period, channels, _team);
    }

    private void EmbeddingBackward<TGradient, TStorage>(Tensor dTable, Tensor dy, Tensor indices, float beta)
        where TGradient : unmanaged
        where TStorage : unmanaged
    {
        (int rows, int tableRows) = (checked((int)indices.Count), Rows(dTable));
        int* workspace = _scratch.Take<int>(EmbeddingKernel.WorkspaceCount(rows, tableRows));
        EmbeddingKernel.Backward(
            dTable.Pointer<TGradient>(), dy.Pointer<TStorage>(), indices.Pointer<int>(),
            rows, tableRows, dTable.Shape.Last, beta, workspace, _team);
    }

    private void PositionBackward<TGradient, TStorage>(Tensor dPositions, Tensor dy, float beta)
        where TGradient : unmanaged
        where TStorage : unmanaged => EmbeddingKernel.PositionBackward(
            dPositions.Pointer<TGradient>(), dy.Pointer<TStorage>(),
            dy.Shape[0], dy.Shape[1], dPositions.Shape[0], dy.Shape[2], beta, _team);
}
