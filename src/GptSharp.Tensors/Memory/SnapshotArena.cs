namespace GptSharp.Tensors.Memory;

/// <summary>
/// Memory into which a model's buffers are copied, so that another thread can write them to the disk while the model trains on.
/// Page-aligned, taken once and used again.
/// </summary>
public sealed unsafe class SnapshotArena : Arena
{
    private nint _address;

    internal SnapshotArena(Engine engine, long bytes)
        : base(engine, "snapshot")
    {
        Bytes = bytes;
        _address = engine.AllocateHost(bytes);
    }

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <summary>A part of the memory.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="count">Bytes.</param>
    public Span<byte> Part(long start, int count)
    {
        if (_address == 0 || start < 0 || count < 0 || start + count > Bytes)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"Bytes {start} to {start + count - 1} of a snapshot of {Bytes}.");
        }

        return new Span<byte>((byte*)_address + start, count);
    }

    private protected override void ReleaseMemory()
    {
        Engine.FreeHost(_address, Bytes);
        _address = 0;
    }
}
