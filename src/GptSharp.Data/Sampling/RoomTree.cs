namespace GptSharp.Data.Sampling;

/// <summary>Blocks by the room that is left in them; finds one with the least room that suffices, in logarithmic time.</summary>
/// <param name="largest">The most room.</param>
internal sealed class RoomTree(int largest)
{
    private readonly Stack<int>?[] _blocks = new Stack<int>?[largest + 1];
    private readonly SortedSet<int> _rooms = [];

    /// <summary>Adds a block; one without room is forgotten.</summary>
    public void Add(int block, int room)
    {
        if (room == 0)
        {
            return;
        }

        Stack<int> stack = _blocks[room] ??= new Stack<int>();
        if (stack.Count == 0)
        {
            _rooms.Add(room);
        }

        stack.Push(block);
    }

    /// <summary>Takes out a block with the least room that suffices.</summary>
    public bool TryTakeSmallest(int needed, out int block, out int room)
    {
        // Min of a view walks down the tree once.
        room = _rooms.Count == 0 || _rooms.Max < needed ? 0 : _rooms.GetViewBetween(needed, largest).Min;
        if (room == 0)
        {
            block = -1;
            return false;
        }

        block = _blocks[room]!.Pop();
        if (_blocks[room]!.Count == 0)
        {
            _rooms.Remove(room);
        }

        return true;
    }
}
