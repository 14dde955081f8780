using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cuda.Kernels;
using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

public sealed unsafe partial class CudaBackend
{
    private const int SequencesPerBlock = 16;
    private const int PositionTile = 512;
    private const int TableRowsPerBlock = 8;

    private KernelPair _embedding = new("embedding", "embedding");
    private GradientKernels _embeddingBackward = new("embedding_backward", "embedding_backward");
    private GradientKernels _positionBackward = new("embedding_backward", "position_backward");
    private CudaKernel? _tokenTiles;
    private CudaKernel? _tokenRanks;
    private CudaKernel? _tokenStarts;

    /// <inheritdoc/>
    public void Embedding(Tensor y, Tensor indices, Tensor table, Tensor positions)
    {
        // Without positions any rows may share a block: those that a sixteenth of all rows lie apart.
        (int rows, int channels) = (checked((int)indices.Count), y.Shape.Last);
        int time = positions.IsNone ? Grid.Blocks(rows, SequencesPerBlock) : indices.Shape.Last;
        int threads = Math.Clamp(32 * Grid.Blocks(channels * (long)y.DType.Size(), 32 * Grid.PackBytes), 32, Grid.ElementwiseThreads);
        Launch(
            _embedding.For(y.DType, this), new LaunchShape((time, Grid.Blocks(rows, time * SequencesPerBlock)), threads),
            y.Address, indices.Address, table.Address, positions.Address, Report("embedding", indices),
            rows, time, channels, checked((int)table.Shape.Rows));
    }

    /// <inheritdoc/>
    public void EmbeddingBackward(Tensor dTable, Tensor dy, Tensor indices, float beta)
    {
        (int count, int tableRows, int channels) = (checked((int)indices.Count), checked((int)dTable.Shape.Rows), dy.Shape.Last);
        nint workspace = Workspace(EmbeddingWorkspaceBytes(count, tableRows));
        long bytes = (long)count * sizeof(int);
        (nint sorted, nint order) = (workspace, workspace + (nint)bytes);
        (nint tileTokens, nint tilePositions) = (order + (nint)bytes, order + (nint)(2 * bytes));
        nint starts = order + (nint)(3 * bytes);
        LaunchShape tiles = new(Grid.Blocks(count, PositionTile), PositionTile);
        Launch(_tokenTiles ??= Kernel("token_order", "token_tiles"), tiles, tileTokens, tilePositions, indices.Address, count, tableRows);
        Launch(_tokenRanks ??= Kernel("token_order", "token_ranks"), tiles, sorted, order, tileTokens, tilePositions, count);
        Launch(
            _tokenStarts ??= Kernel("token_order", "token_starts"), new LaunchShape(Grid.Blocks(tableRows + 1, 256), 256),
            starts, sorted, count, tableRows);

        int pack = Grid.PackBytes / Math.Max(dy.DType.Size(), dTable.DType.Size());
        bool wholePacks = channels % pack == 0 && dy.Address % Grid.PackBytes == 0 && dTable.Address % Grid.PackBytes == 0;
        Launch(
            _embeddingBackward.For(dy.DType, dTable.DType, this),
            new LaunchShape((Grid.Blocks(tableRows, TableRowsPerBlock), Grid.Blocks(channels, wholePacks ? 32 * pack : 32)), Grid.ElementwiseThreads),
            dTable.Address, dy.Address, order, starts, tableRows, channels, beta, wholePacks ? 1 : 0);
    }

    /// <inheritdoc/>
    public void PositionBackward(Tensor dPositions, Tensor dy, float beta)
    {
        long inside = (long)dy.Shape[1] * dy.Shape[2];
        Launch(
            _positionBackward.For(dy.DType, dPositions.DType, this),
            Grid.Elementwise(dPositions.Count * Math.Max(dy.DType.Size(), dPositions.DType.Size()), 1),
            dPositions.Address, dy.Address, inside, dPositions.Count, dy.Shape[0], beta);
    }

    private static long EmbeddingWorkspaceBytes(long count, long tableRows) => ((4 * count) + tableRows + 1) * sizeof(int);
}
