namespace GptSharp.Tensors;

/// <summary>
/// What executes operations on one kind of device. Each operation adds its own method in its own file under <c>Ops/</c>, so a
/// backend that lacks an operation does not compile.
/// </summary>
public partial interface IBackend : IDisposable
{
    /// <summary>The word that selects it: <c>cpu</c>, <c>reference</c>.</summary>
    string Name { get; }

    /// <summary>One line for people: what it runs on and how.</summary>
    string Description { get; }

    /// <summary>What the last bits of every result depend on: the device and its vector width, but not its number of threads.</summary>
    string Arithmetic { get; }

    /// <summary>Bytes of scratch memory that operations share.</summary>
    long WorkspaceBytes { get; }

    /// <summary>
    /// Bytes of its own memory that the device has left, whoever holds the others; null if it shares the host's, so that both count together.
    /// </summary>
    long? FreeBytes { get; }

    /// <summary>Told of the bytes of every allocation before it happens, scratch memory included; it refuses one by throwing.</summary>
    Action<long>? BeforeAllocation { get; set; }

    /// <summary>Of a dry run: counts the scratch memory that an operation would take into <see cref="WorkspaceBytes"/>, and takes none.</summary>
    void Reserve(IOp op);

    /// <summary>Whether tensors of this type can be stored and computed with.</summary>
    bool Supports(DType type);

    /// <summary>
    /// Lays the numbers of a weight (N, K) out anew, where they lie, in an order in which products of few rows read them faster. Until
    /// <see cref="Restore"/>, only the forward passes of linear layers and of the embedding know what is where in it; other operations,
    /// uploads and downloads refuse it.
    /// </summary>
    /// <returns>Whether it did; not where the backend has no such order, the sizes do not fit, or the weight lies so already.</returns>
    bool Arrange(Tensor weight) => false;

    /// <summary>Gives a weight that <see cref="Arrange"/> laid out its usual order again, to the bit.</summary>
    void Restore(Tensor weight)
    {
    }

    /// <summary>Whether any weight lies as <see cref="Arrange"/> laid it out.</summary>
    bool HoldsArrangedWeights => false;

    /// <summary>Whether any of these bytes belongs to a weight that lies as <see cref="Arrange"/> laid it out.</summary>
    bool IsArranged(nint address, long bytes) => false;

    /// <summary>Takes uninitialised device memory, aligned to at least 64 bytes.</summary>
    nint Allocate(long bytes);

    /// <summary>Gives memory back.</summary>
    void Free(nint address, long bytes);

    /// <summary>Takes memory of the host, fast to download into.</summary>
    nint AllocateHost(long bytes);

    /// <summary>Gives memory of the host back.</summary>
    void FreeHost(nint address, long bytes);

    /// <summary>Copies host memory to the device.</summary>
    void Upload(nint destination, ReadOnlySpan<byte> source);

    /// <summary>Waits until all operations so far are done; nothing where each is done when its call returns.</summary>
    void Synchronize();

    /// <summary>Copies device memory to the host, after all operations that write it.</summary>
    void Download(Span<byte> destination, nint source);
}
