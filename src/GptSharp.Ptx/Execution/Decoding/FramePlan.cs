namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>What a place in the frame holds.</summary>
internal enum FrameItemKind
{
    /// <summary>A literal, the same in every lane.</summary>
    Constant,

    /// <summary>An address, the same in every lane, that is known only in the second pass.</summary>
    Address,

    /// <summary>A special register that does not change while the frame lives.</summary>
    Special,

    /// <summary>A register of the program, or a value between two steps.</summary>
    Register,

    /// <summary>A predicate register.</summary>
    Predicate,
}

/// <summary>One item of a frame.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="SlotBytes">Bytes per lane: 4 or 8; a predicate has 4 for all lanes.</param>
/// <param name="Bits">The value of a constant, or which special register.</param>
internal readonly record struct FrameItem(FrameItemKind Kind, int SlotBytes, ulong Bits)
{
    /// <summary>Bytes in the frame.</summary>
    public int Bytes => Kind == FrameItemKind.Predicate ? 4 : SlotBytes * WarpSize.Lanes;
}

/// <summary>
/// The items of a function's frame. A function is decoded twice: the first pass counts the items and where each is read and
/// written; then registers that are never alive together share a place; the second pass gets the offsets.
/// </summary>
internal sealed class FramePlan
{
    private readonly List<FrameItem> _items = [];
    private readonly Dictionary<FrameItem, int> _fixed = [];
    private int[]? _offsets;
    private int _next;

    /// <summary>All items, by number.</summary>
    public IReadOnlyList<FrameItem> Items => _items;

    /// <summary>Bytes of the frame.</summary>
    public int FrameBytes { get; private set; }

    /// <summary>Whether offsets are known: the second pass.</summary>
    public bool IsPlaced => _offsets is not null;

    /// <summary>The number of a literal or special register, which exists once.</summary>
    public int Fixed(FrameItemKind kind, int slotBytes, ulong bits)
    {
        var item = new FrameItem(kind, slotBytes, bits);
        if (!_fixed.TryGetValue(item, out int number))
        {
            number = Add(item);
            _fixed.Add(item, number);
        }

        return number;
    }

    /// <summary>The number of another register or predicate. Both passes ask in the same order.</summary>
    public int Next(FrameItemKind kind, int slotBytes)
    {
        if (!IsPlaced)
        {
            return Add(new FrameItem(kind, slotBytes, 0));
        }

        while (_items[_next].Kind is FrameItemKind.Constant or FrameItemKind.Special)
        {
            _next++;
        }

        return _next++;
    }

    /// <summary>The number of a constant whose value the second pass says. Both passes ask in the same order.</summary>
    public int Address(ulong value, int slotBytes)
    {
        int number = Next(FrameItemKind.Address, slotBytes);
        _items[number] = _items[number] with { Bits = slotBytes == 4 ? (uint)value : value };
        return number;
    }

    /// <summary>Offset of an item in the frame; in the first pass its number.</summary>
    public int Offset(int number) => _offsets is null ? number : _offsets[number];

    /// <summary>Gives every item its place. Vectors come first, aligned to 64 bytes; predicates last.</summary>
    /// <param name="lives">From which to which instruction each register must keep its value; (-1, -1) when never.</param>
    public void Place((int First, int Last)[] lives)
    {
        var offsets = new int[_items.Count];
        int end = 0;
        for (int number = 0; number < offsets.Length; number++)
        {
            if (_items[number].Kind is FrameItemKind.Constant or FrameItemKind.Address or FrameItemKind.Special)
            {
                offsets[number] = end;
                end += _items[number].Bytes;
            }
        }

        end = PlaceRegisters(lives, offsets, end);
        for (int number = 0; number < offsets.Length; number++)
        {
            if (_items[number].Kind == FrameItemKind.Predicate)
            {
                offsets[number] = end;
                end += _items[number].Bytes;
            }
        }

        FrameBytes = (end + 63) / 64 * 64;
        _offsets = offsets;
    }

    // Linear scan: a register takes the place that was freed last, which is the likeliest to be in the cache.
    private int PlaceRegisters((int First, int Last)[] lives, int[] offsets, int end)
    {
        var registers = new List<int>();
        for (int number = 0; number < offsets.Length; number++)
        {
            if (_items[number].Kind == FrameItemKind.Register)
            {
                registers.Add(number);
            }
        }

        registers.Sort((a, b) => lives[a].First != lives[b].First ? lives[a].First.CompareTo(lives[b].First) : a.CompareTo(b));
        var alive = new PriorityQueue<int, int>();
        var free = new Dictionary<int, Stack<int>> { [4] = new(), [8] = new(), [16] = new() };
        foreach (int number in registers)
        {
            while (alive.TryPeek(out int old, out int last) && last < lives[number].First)
            {
                alive.Dequeue();
                free[_items[old].SlotBytes].Push(offsets[old]);
            }

            if (!free[_items[number].SlotBytes].TryPop(out offsets[number]))
            {
                offsets[number] = end;
                end += _items[number].Bytes;
            }

            alive.Enqueue(number, lives[number].Last);
        }

        return end;
    }

    private int Add(FrameItem item)
    {
        if (IsPlaced)
        {
            throw new InvalidOperationException("The second pass of a decoder asked for an item that the first did not.");
        }

        _items.Add(item);
        return _items.Count - 1;
    }
}
