using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Embedding(Tensor y, Tensor indices, Tensor table, Tensor positions)
    {
        IndexCheck.Within("embedding", indices, table.Shape.Rows);
        EmbeddingKernel.Forward(
            y.Pointer<float>(), indices.Pointer<int>(), table.Pointer<float>(), positions.Pointer<float>(),
            checked((int)indices.Count), indices.Shape.Last, y.Shape.Last, _team);
    }

    /// <inheritdoc/>
    public void EmbeddingBackward(Tensor dTable, Tensor dy, Tensor indices, float beta) => EmbeddingKernel.Backward(
        dTable.Pointer<float>(), dy.Pointer<float>(), indices.Pointer<int>(),
        checked((int)indices.Count), Rows(dTable), dTable.Shape.Last, beta, _team);

    /// <inheritdoc/>
    public void PositionBackward(Tensor dPositions, Tensor dy, float beta) => EmbeddingKernel.PositionBackward(
        dPositions.Pointer<float>(), dy.Pointer<float>(), dy.Shape[0], dy.Shape[1], dPositions.Shape[0], dy.Shape[2], beta, _team);
}
