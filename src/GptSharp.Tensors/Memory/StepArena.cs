namespace GptSharp.Tensors.Memory;

/// <summary>
/// The memory of one forward and backward pass. Buffers come from a deterministic free list, go back as soon as nobody can
/// read them any more, and all of them when the step ends; the chunks stay for the next step, so after the first one nothing
/// native is allocated and every tensor gets the address that it had before.
/// </summary>
internal sealed class StepArena : Arena
{
    private const long SmallestChunk = 1L << 20;
    private const long LargestChunk = 256L << 20;

    // The one chunk of a dry run: every place in it is counted from its beginning.
    private const long Boundless = 1L << 50;

    private readonly FreeList _freeList = new();
    private readonly List<(nint Address, long Bytes)> _chunks = [];
    private readonly SortedDictionary<string, long> _activations = new(StringComparer.Ordinal);
    private readonly GuardZones? _guards;
    private long _extent;

    public StepArena(Engine engine)
        : base(engine, "step")
    {
        _guards = engine.Options.GuardMemory ? new GuardZones(engine.Backend) : null;
        if (engine.Options.IsDryRun)
        {
            Reserve(Boundless);
        }
    }

    /// <summary>What <see cref="TrackActivations"/> noted last.</summary>
    public IReadOnlyDictionary<string, long> ActivationsByOperation => _activations;

    public override long Bytes => Engine.Options.IsDryRun ? _extent : _chunks.Sum(chunk => chunk.Bytes);

    /// <summary>Bytes in live buffers now.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>The most that was ever live at once.</summary>
    public long PeakBytes { get; private set; }

    public Tensor New(Shape shape, DType type, string? name)
    {
        Tensor tensor = FillSlot(shape, type, name);
        if (Engine.Options.IsolateTensors)
        {
            Isolate(ref SlotAt(tensor.SlotIndex), Math.Max(1, shape.Count * type.Size()));
            return tensor;
        }

        long bytes = FreeList.Round(shape.Count * type.Size());
        long withGuards = bytes + (_guards is null ? 0 : 2 * GuardZones.Bytes);
        Region region = Take(withGuards);
        LiveBytes += withGuards;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);

        ref Slot slot = ref SlotAt(tensor.SlotIndex);
        slot.Region = region;
        slot.Address = _chunks[region.Chunk].Address + (nint)region.Offset;
        if (_guards is not null)
        {
            slot.Address += GuardZones.Bytes;
            _guards.Plant(slot.Address, shape.Count * type.Size(), bytes);
        }

        return tensor;
    }

    /// <summary>Some elements of a tensor of any arena, as a tensor that has no memory of its own.</summary>
    public Tensor Part(Tensor owner, long first, Shape shape)
    {
        nint address = owner.Address + (nint)(first * owner.DType.Size());
        Shape whole = owner.Shape;
        Tensor part = FillSlot(shape, owner.DType, null);
        ref Slot slot = ref SlotAt(part.SlotIndex);
        (slot.Address, slot.IsPart, slot.FirstInWhole, slot.Whole) = (address, true, first, whole);
        return part;
    }

    /// <summary>
    /// Takes back whatever nobody needs any more: the buffer, once no scope, backward node or pin holds it; and the slot, once
    /// backward has passed through as well.
    /// </summary>
    public void Recycle(Tensor tensor)
    {
        ref Slot slot = ref Resolve(tensor);
        if (slot.Pinned || slot.InScope || slot.Readers > 0)
        {
            return;
        }

        if (slot.Address != 0 && !slot.IsPart)
        {
            _guards?.Check(slot);
            LiveBytes -= slot.Region.Bytes;
            if (Engine.Options.IsolateTensors)
            {
                Engine.Free(slot.Address, slot.Region.Bytes);
            }
            else
            {
                _freeList.Return(slot.Region);
            }
        }

        slot.Address = 0;
        if (!slot.OnTape)
        {
            EmptySlot(tensor.SlotIndex);
        }
    }

    /// <summary>
    /// Gives all chunks back and takes a single one, of as many bytes as a dry run of the same work came to: no part of it is wasted.
    /// Nothing may be live.
    /// </summary>
    public void Reserve(long bytes)
    {
        ReleaseMemory();
        if (bytes > 0)
        {
            AddChunk(bytes);
        }
    }

    /// <summary>Ends the step: everything is free, every handle is stale.</summary>
    public void Rewind()
    {
        try
        {
            if (_guards is not null)
            {
                foreach (int index in SlotsWithBuffer())
                {
                    _guards.Check(SlotAt(index));
                }
            }
        }
        finally
        {
            FreeIsolated();
            _freeList.Reset();
            LiveBytes = 0;
            EmptyAllSlots();
        }
    }

    /// <summary>Notes how many bytes of live buffers each operation wrote.</summary>
    public void TrackActivations()
    {
        _activations.Clear();
        CountByOperation(_activations);
    }

    /// <summary>Adds the bytes of live buffers to those of the operation that wrote them.</summary>
    public void CountByOperation(IDictionary<string, long> activations)
    {
        foreach (int index in SlotsWithBuffer())
        {
            ref Slot slot = ref SlotAt(index);
            string producer = slot.Producer ?? "input";
            activations.TryGetValue(producer, out long bytes);
            activations[producer] = bytes + slot.Region.Bytes;
        }
    }

    private protected override void ReleaseMemory()
    {
        FreeIsolated();
        foreach ((nint address, long bytes) in Engine.Options.IsDryRun ? [] : _chunks)
        {
            Engine.Free(address, bytes);
        }

        _chunks.Clear();
        _freeList.Clear();
    }

    private void Isolate(ref Slot slot, long bytes)
    {
        slot.Address = Engine.Allocate(bytes);
        slot.Region = new Region(0, 0, bytes);
        LiveBytes += bytes;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
    }

    private void FreeIsolated()
    {
        foreach (int index in Engine.Options.IsolateTensors ? SlotsWithBuffer() : [])
        {
            Engine.Free(SlotAt(index).Address, SlotAt(index).Region.Bytes);
        }
    }

    private Region Take(long bytes)
    {
        if (!_freeList.TryTake(bytes, out Region region))
        {
            long chunk = Math.Max(bytes, Math.Clamp(Bytes, SmallestChunk, LargestChunk));
            AddChunk(chunk);
            _freeList.TryTake(bytes, out region);
        }

        _extent = Math.Max(_extent, region.Offset + region.Bytes);
        return region;
    }

    private void AddChunk(long bytes)
    {
        _chunks.Add((Engine.Options.IsDryRun ? FreeList.Alignment : Engine.Allocate(bytes), bytes));
        _freeList.AddChunk(bytes);
    }
}
