namespace GptSharp.Ptx.Memory;

/// <content>What orders a block with others of its launch.</content>
internal sealed unsafe partial class AccessChecker
{
    /// <summary>What the block wrote can be handed on.</summary>
    public void Fence() => _hasFence = true;

    private void Acquire(in Segment segment)
    {
        if (_watchesBlocks && segment.Region.Space == MemorySpace.Global)
        {
            ulong address = segment.Region.Address + segment.Offset;
            _seen[address] = _launch.Order.Acquire(address, _seen.GetValueOrDefault(address), _before);
        }
    }

    // Whether the other blocks that accessed the entries are known to be over.
    private bool IsOrdered(LaunchShadow shadow, nuint first, int count, bool isWrite)
    {
        if (_before.Count == 0)
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (!shadow.IsOver(first + (nuint)i, _block, _before, isWrite))
            {
                return false;
            }
        }

        return true;
    }
}
