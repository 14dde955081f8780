namespace GptSharp.Tensors.Memory;

/// <summary>
/// Memory in which tensors live, and the table that says which. Three kinds exist: <see cref="ModelArena"/> (as long as the
/// model), <see cref="SessionArena"/> (as long as its user wants: KV caches, kept activations) and the step's own.
/// </summary>
public abstract class Arena : IDisposable
{
    private readonly Stack<int> _emptySlots = new();
    private Slot[] _slots = new Slot[64];
    private int _slotCount;
    private bool _isDisposed;

    private protected Arena(Engine engine, string name)
    {
        Engine = engine;
        Name = name;
    }

    /// <summary>What the arena is for, in reports and errors.</summary>
    public string Name { get; }

    /// <summary>Bytes taken from the device.</summary>
    public abstract long Bytes { get; }

    internal Engine Engine { get; }

    /// <summary>Gives the memory back; every handle into the arena becomes stale.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        EmptyAllSlots();
        ReleaseMemory();
        Engine.Forget(this);
        GC.SuppressFinalize(this);
    }

    /// <summary>True while the handle is current: its slot has not been given to another tensor.</summary>
    internal bool Holds(Tensor tensor) => _slots[tensor.SlotIndex].Generation == tensor.Generation;

    internal ref Slot Resolve(Tensor tensor)
    {
        ref Slot slot = ref _slots[tensor.SlotIndex];
        if (slot.Generation != tensor.Generation)
        {
            throw Recycled();
        }

        return ref slot;
    }

    internal nint ResolveAddress(Tensor tensor)
    {
        nint address = Resolve(tensor).Address;
        return address != 0 ? address : throw Recycled();
    }

    private protected abstract void ReleaseMemory();

    private protected Tensor FillSlot(Shape shape, DType type, string? name)
    {
        if (_isDisposed)
        {
            throw new TensorException($"A tensor was asked of the {Name} arena after its disposal; use it before, or make a new one.");
        }

        if (!_emptySlots.TryPop(out int index))
        {
            if (_slotCount == _slots.Length)
            {
                Array.Resize(ref _slots, 2 * _slots.Length);
            }

            index = _slotCount++;
        }

        ref Slot slot = ref _slots[index];
        int generation = slot.Generation;
        slot = new Slot { Generation = generation, IsLive = true, Shape = shape, DType = type, GradientType = type, Name = name };
        return new Tensor(this, index, generation);
    }

    private protected void EmptySlot(int index)
    {
        _slots[index].Generation++;
        _slots[index].IsLive = false;
        _emptySlots.Push(index);
    }

    /// <summary>Makes every handle stale and restarts the numbering of slots, so that steps repeat exactly.</summary>
    private protected void EmptyAllSlots()
    {
        _emptySlots.Clear();
        for (int index = 0; index < _slotCount; index++)
        {
            _slots[index].Generation++;
            _slots[index].IsLive = false;
        }

        for (int index = _slotCount - 1; index >= 0; index--)
        {
            _emptySlots.Push(index);
        }
    }

    private protected ref Slot SlotAt(int index) => ref _slots[index];

    private protected IEnumerable<int> SlotsWithBuffer() =>
        Enumerable.Range(0, _slotCount).Where(index => _slots[index] is { IsLive: true, IsPart: false } && _slots[index].Address != 0);

    private TensorException Recycled() => new(_isDisposed
        ? $"A tensor of the {Name} arena was used after the arena's disposal; dispose the arena, its owner or the engine later."
        : $"A tensor of the {Name} arena was used after its buffer had been recycled: keep it alive with Step.Watch, "
          + "return it from its scope, or copy it out of the step with Step.Keep.");
}
