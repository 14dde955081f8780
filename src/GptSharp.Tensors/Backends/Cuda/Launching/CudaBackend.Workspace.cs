using GptSharp.Tensors.Backends.Cuda.Launching;

namespace GptSharp.Tensors.Backends.Cuda;

/// <content>Scratch memory, for one operation at a time; it grows to the largest need and is then reused.</content>
public sealed unsafe partial class CudaBackend
{
    private nint _workspace;
    private long _workspaceHeld;
    private long _workspaceReserved;

    /// <inheritdoc/>
    public long WorkspaceBytes => StepStates.Bytes + Math.Max(_workspaceHeld, _workspaceReserved);

    /// <summary>Of a dry run: for each operation that takes some, the bytes that its launch takes.</summary>
    public void Reserve(IOp op) => _workspaceReserved = Math.Max(_workspaceReserved, WorkspaceOf(op));

    /// <summary>The bytes of <see cref="Workspace"/> that an operation takes: one line for each that takes some.</summary>
    private static long WorkspaceOf(IOp op) => op switch
    {
        GradientNormOp norm => GradientNormWorkspaceBytes(norm.Gradients.Count),
        AttentionBackwardOp attention => AttentionBackwardWorkspaceBytes(
            attention.Qkv.Shape[0], attention.Qkv.Shape[1], attention.Form.HeadCount),
        LayerNormBackwardOp norm when !(norm.DWeight.IsNone && norm.DBias.IsNone) => LayerNormWorkspaceBytes(norm.X.Shape.Rows, norm.X.Shape.Last, norm.X.DType),
        EmbeddingBackwardOp embedding => EmbeddingWorkspaceBytes(embedding.Indices.Count, embedding.DTable.Shape.Rows),
        HeadNormBackwardOp norm when !(norm.DQueryWeight.IsNone && norm.DKeyWeight.IsNone) =>
            HeadNormWorkspaceBytes(norm.Qkv.Shape.Rows, norm.QueryWeight.Shape.Last),
        RMSNormBackwardOp norm when !norm.DWeight.IsNone => RMSNormWorkspaceBytes(norm.X.Shape.Rows, norm.X.Shape.Last, norm.X.DType),
        LinearBackwardWeightOp linear => LinearBackwardWeightWorkspaceBytes(linear),
        LinearBackwardBiasOp linear => BiasWorkspaceBytes(checked((int)linear.Dy.Shape.Rows), linear.Dy.Shape.Last),
        _ => 0,
    };

    /// <summary>Device memory with undefined values, aligned to 256 bytes, until the next operation takes it.</summary>
    /// <param name="bytes">A function of shapes only, the same as <see cref="WorkspaceOf"/> gives.</param>
    /// <exception cref="OutOfDeviceMemoryException">There is not that much.</exception>
    private nint Workspace(long bytes)
    {
        if (bytes > _workspaceHeld)
        {
            FreeWorkspace();
            _workspace = Allocate(bytes);
            _workspaceHeld = bytes;
        }

        return _workspace;
    }

    private void FreeWorkspace()
    {
        if (_workspace != 0)
        {
            Free(_workspace, _workspaceHeld);
            (_workspace, _workspaceHeld) = (0, 0);
        }
    }
}
