namespace GptSharp.Tensors.Memory;

/// <summary>
/// Tensors that outlive steps until the arena is disposed: a KV cache, a constant table, an activation kept with
/// <see cref="Step.Keep"/>. Values start as zero.
/// </summary>
public sealed class SessionArena : Arena
{
    private readonly List<(nint Address, long Bytes)> _buffers = [];

    internal SessionArena(Engine engine, string name)
        : base(engine, name)
    {
    }

    /// <inheritdoc/>
    public override long Bytes => _buffers.Sum(buffer => buffer.Bytes);

    /// <summary>A new tensor of zeros.</summary>
    public Tensor New(Shape shape, DType type, string? name = null)
    {
        Tensor tensor = FillSlot(shape, type, name);
        long bytes = FreeList.Round(shape.Count * type.Size());
        nint address = Engine.Allocate(bytes);
        _buffers.Add((address, bytes));
        SlotAt(tensor.SlotIndex).Address = address;
        Engine.Fill(tensor, 0);
        return tensor;
    }

    private protected override void ReleaseMemory()
    {
        foreach ((nint address, long bytes) in _buffers)
        {
            Engine.Free(address, bytes);
        }

        _buffers.Clear();
    }
}
