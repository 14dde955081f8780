namespace GptSharp.Ptx.Memory;

/// <summary>
/// Which blocks have handed on their results: a fence, then an atomic operation or volatile store on some cell. A block that
/// reads the cell that way afterwards comes after them, as the last block of a reduction does.
/// </summary>
internal sealed class BlockOrder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, List<long>> _released = [];

    /// <summary>A block hands on what it did so far.</summary>
    public void Release(ulong address, long block)
    {
        lock (_lock)
        {
            if (!_released.TryGetValue(address, out List<long>? blocks))
            {
                _released.Add(address, blocks = []);
            }

            if (blocks.Count == 0 || blocks[^1] != block)
            {
                blocks.Add(block);
            }
        }
    }

    /// <summary>A block takes over what others handed on.</summary>
    /// <param name="address">The cell.</param>
    /// <param name="from">How many of the cell's blocks it knows.</param>
    /// <param name="known">Receives the others.</param>
    /// <returns>How many it knows now.</returns>
    public int Acquire(ulong address, int from, HashSet<long> known)
    {
        lock (_lock)
        {
            if (!_released.TryGetValue(address, out List<long>? blocks))
            {
                return from;
            }

            for (int i = from; i < blocks.Count; i++)
            {
                known.Add(blocks[i]);
            }

            return blocks.Count;
        }
    }
}
