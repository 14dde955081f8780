namespace GptSharp.Tensors.Backends.Reference;

/// <summary>
/// The textbook: scalar loops in double precision, one operation per file, written to be read. Every other backend is
/// compared with it, and it with finite differences.
/// </summary>
public sealed partial class ReferenceBackend : HostMemory, IBackend
{
    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public string Description => "reference (scalar C#, float64)";

    /// <inheritdoc/>
    public string Arithmetic => Description;

    /// <inheritdoc/>
    public long WorkspaceBytes => 0;

    /// <inheritdoc/>
    public void Reserve(IOp op)
    {
    }

    /// <inheritdoc/>
    public bool Supports(DType type) => true;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
